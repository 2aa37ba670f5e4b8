"""Whether the safety plan can be read while locked: off, until a person was told what that exposes.

Ticking the box does nothing yet but say it; the sentence has the button that does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop_app.care.kept_plan import KeptPlan
from desktop_app.errors import KnownError
from desktop_app.views.notice import Notice, WayOn, explained
from desktop_app.views.panel import Text
from resources.messages import sentence


class ReadableChoice(QWidget):
    """The box, what it means, and what it exposes."""

    def __init__(
        self, plan: KeptPlan, keep: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        """`keep` keeps what is written at the moment, and tells whether it could."""
        super().__init__(parent)
        self._plan = plan
        self._keep = keep
        self.box = QCheckBox(self)
        self.box.setChecked(plan.readable)
        self.box.clicked.connect(self._choose)
        self.notice = Notice(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Text("plan.readable_means", "hint"))
        column.addWidget(self.box)
        column.addWidget(self.notice)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _choose(self, chosen: bool) -> None:
        self.notice.clear()
        if not chosen:
            self._do(chosen=False)
            return
        self.box.setChecked(False)  # it is not so before the person was told
        self.notice.say(
            partial(sentence, "plan.readable_exposes", path=self._plan.copy),
            WayOn("plan.readable_yes", self._agreed),
            WayOn("plan.readable_no", self.notice.clear),
        )

    def _agreed(self) -> None:
        self.notice.clear()
        if self._keep():
            self._do(chosen=True)
        self.box.setFocus()

    def _do(self, *, chosen: bool) -> None:
        try:
            self._plan.keep_readable(chosen=chosen)
        except KnownError as error:
            self.notice.say(partial(explained, error))
        self.box.setChecked(self._plan.readable)

    def _retranslate(self) -> None:
        self.box.setText(sentence("plan.readable"))
