"""What comes before the first conversation, one step at a time, forth and back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.views.appearance import Appearance
from desktop_app.views.panel import Panel
from desktop_app.views.preferences import Preferences
from desktop_app.views.questions import NoticeStep
from desktop_app.views.step import Step
from resources.messages import sentence


class FirstSteps(Panel):
    """Shows `add`ed steps in their order and keeps each answer as it is given."""

    done = Signal()
    skipped = Signal()
    """The person would rather talk off the record now; what was not answered is asked again."""

    def __init__(
        self, preferences: Preferences, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self._preferences = preferences
        self._steps: list[Step] = []
        self._at = 0
        self._skipping = False
        self._progress = QLabel(self)
        self._progress.setObjectName("quiet")
        self.buttons.insertWidget(0, self._progress)  # first: the first step has no way back
        self.back.clicked.connect(self._go_back)
        self.main.clicked.connect(self._go_on)
        self.skip.clicked.connect(self._skip)

    @property
    def step(self) -> Step:
        """The step on the screen."""
        return self._steps[self._at]

    def first_focus(self) -> QWidget:
        """See Panel."""
        return self.step.first_focus() or self.main

    def begin(self, steps: Sequence[Step]) -> None:
        """Show the first of `steps`."""
        self._steps = list(steps)
        for step in steps:
            step.hide()
            self.content.addWidget(step)
            step.changed.connect(self._enable)
            step.passed.connect(self._passed)
        self._show(0)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _show(self, at: int) -> None:
        self.step.hide()
        self.notice.clear()
        self._at = at
        step = self.step
        step.show()
        step.begin()
        self.back.setVisible(at > 0)
        self.skip.setVisible(not self._skipping)
        self._retranslate()
        self._enable()
        self.order_tabs()
        self.take_keyboard()
        spoken = " ".join(map(sentence, step.spoken))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))

    def _go_on(self) -> None:
        if self.main.isEnabled():
            self.step.go_on()

    def _passed(self) -> None:
        answer = self.step.answer()
        last = self._skipping or self._at + 1 == len(self._steps)
        if not last:
            self._show(self._at + 1)
        self._preferences.change(**answer)  # now that the page can say that it was not kept
        if self._skipping:
            self.skipped.emit()
        elif last:
            self.done.emit()

    def _go_back(self) -> None:
        self._skipping = False
        self._show(self._at - 1)

    def _skip(self) -> None:
        """Leave, but never without having shown what this program is and is not."""
        ahead = range(self._at + 1, len(self._steps))
        notice = next((at for at in ahead if isinstance(self._steps[at], NoticeStep)), None)
        if notice is None:
            self.skipped.emit()
        else:
            self._preferences.change(**self.step.answer())
            self._skipping = True
            self._show(notice)

    def _enable(self) -> None:
        self.main.setEnabled(self.step.answered)

    def _retranslate(self) -> None:
        if not self._steps:
            return
        step, steps = self._at + 1, len(self._steps)
        self._progress.setText(sentence("first_steps.progress", step=step, steps=steps))
        spoken = sentence("first_steps.progress_spoken", step=step, steps=steps)
        self._progress.setAccessibleName(spoken)
        self.back.setText(sentence("first_steps.back"))
        self.main.setText(sentence(self.step.go_on_key))
        self.skip.setText(sentence("first_steps.skip"))
