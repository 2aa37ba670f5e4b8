"""The safety plan in the conversation's place, to be written while the history is open.

What is written is kept whenever the keyboard leaves a field, and at last when the page is left.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop_app.care.kept_plan import KeptPlan
from desktop_app.care.safety_plan import STEPS, WITH_NUMBERS, SafetyPlan, as_written
from desktop_app.errors import CareError, KnownError
from desktop_app.views.appearance import Appearance
from desktop_app.views.contact_rows import REACHED, ContactRows
from desktop_app.views.notice import Notice, explained
from desktop_app.views.panel import Panel, Text
from desktop_app.views.plan_fields import PlanText
from desktop_app.views.readable_choice import ReadableChoice
from resources.messages import sentence


class PlanPage(Panel):
    """Ends in `left`; whoever takes it away calls `keep` first."""

    left = Signal()
    kept = Signal()
    """The plan has changed, and lies in the history."""

    def __init__(
        self,
        plan: KeptPlan,
        unkept: SafetyPlan | None,
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        """Show the plan that is kept, or one that could not be when it was written.

        Raises:
            KnownError: it cannot be read.
        """
        super().__init__(appearance, parent)
        self._plan = plan
        self._before = plan.read() or SafetyPlan()
        """As it is kept; what the fields are compared with."""
        shown = unkept or self._before
        self._held_up_by: SafetyPlan | None = None
        self.texts: dict[str, PlanText] = {}
        self.contacts: dict[str, ContactRows] = {}
        self.content.setSpacing(10)
        self.content.addWidget(Text("plan.title", "panelTitle"))
        self.content.addWidget(Text("plan.means"))
        for step in STEPS:
            self.content.addSpacing(10)
            self.content.addWidget(Text(f"plan.{step}", "planStep"))
            self.content.addWidget(Text(f"plan.{step}_hint", "hint"))
            self.content.addWidget(self._field(step, shown))
            if step == REACHED:
                self.content.addWidget(Text("plan.message_hint", "hint"))
                self.content.addWidget(self._field("message", shown))
        self.content.addSpacing(6)
        self.content.addWidget(Text("plan.kept", "quiet"))
        self.content.addWidget(Text("plan.based_on", "quiet"))
        self.choice = ReadableChoice(plan, self.try_to_keep)
        self.content.addSpacing(10)
        self.content.addWidget(self.choice)
        for notice in (self.notice, self.choice.notice):  # at the page's end, maybe out of sight
            notice.shown.connect(
                partial(self._bring_into_sight, notice), Qt.ConnectionType.QueuedConnection
            )
        self.back.hide()
        self.skip.hide()
        self.main.clicked.connect(self._done)
        self._retranslate()

    @property
    def written(self) -> SafetyPlan:
        """The plan as it stands in the fields."""
        texts = {step: field.toPlainText() for step, field in self.texts.items()}
        return as_written(texts | {step: rows.written() for step, rows in self.contacts.items()})

    def keep(self) -> None:
        """Keep what is written, if it changed.

        Raises:
            KnownError: it is not kept; or it is, and the copy to be read while locked is not.
        """
        written = self.written
        if written == self._before:
            return
        try:
            self._plan.write(written)
        except CareError:  # the history has it
            self._before = written
            raise
        self._before = written
        self.kept.emit()

    def try_to_keep(self) -> bool:
        """Keep what is written, or say in place why it is not; return whether it is."""
        try:
            self.keep()
        except KnownError as error:
            self.notice.say(partial(explained, error))
            return False
        self.notice.clear()
        return True

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.texts[STEPS[0]]

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt; Enter in a line goes to the next field and does not end the page."""
        enters = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if not (enters and isinstance(self.focusWidget(), QLineEdit)):
            super().keyPressEvent(event)

    def _field(self, step: str, shown: SafetyPlan) -> QWidget:
        if step in WITH_NUMBERS:
            rows = ContactRows(step, getattr(shown, step))
            rows.left.connect(self.try_to_keep)
            self.contacts[step] = rows
            return rows
        text = PlanText(step)
        text.setPlainText(getattr(shown, step))
        text.left.connect(self.try_to_keep)
        self.texts[step] = text
        return text

    def _bring_into_sight(self, notice: Notice) -> None:
        if not notice.isHidden():
            self.ensureWidgetVisible(notice)

    def _done(self) -> None:
        """Leave; a number or an address that is of no use is said first, and holds up once."""
        unheard = [rows for rows in self.contacts.values() if rows.tell_problems(finished=True)]
        held_up = bool(unheard) and self._held_up_by != self.written
        self._held_up_by = self.written
        if self.try_to_keep() and not held_up:
            self.left.emit()
        elif held_up:
            self.ensureWidgetVisible(unheard[0].notice)

    def _retranslate(self) -> None:
        self.main.setText(sentence("plan.done"))
