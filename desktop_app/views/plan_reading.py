"""The safety plan to be read, not written: while locked, where that was chosen, and on the card."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.care.safety_plan import SafetyPlan
from desktop_app.views.appearance import Appearance
from desktop_app.views.contact_reach import ContactReach, words
from desktop_app.views.contact_rows import REACHED
from desktop_app.views.panel import Panel, Text
from resources.messages import sentence


class PlanReading(Panel):
    """Ends in `left`. Without a plan it says what one needs."""

    left = Signal()

    def __init__(
        self, plan: SafetyPlan | None, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.content.setSpacing(10)
        self.content.addWidget(Text("plan.title", "panelTitle"))
        if plan is None:
            self.content.addWidget(Text("plan.needs_history"))
        else:
            add_sections(self.content, plan)
            if plan.empty:
                self.content.addWidget(Text("plan.nothing"))
            self.content.addSpacing(10)
            self.content.addWidget(Text("plan.readable_now", "quiet"))
        self.back.hide()
        self.skip.hide()
        self.main.clicked.connect(self.left)
        self._retranslate()

    def first_focus(self) -> QWidget:
        """Return what a keyboard should land on."""
        return self.main

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.main.setText(sentence("plan.close"))


def add_sections(column: QVBoxLayout, plan: SafetyPlan, *, without: str = "") -> None:
    """Add heading and text of each step that says something, but for the step `without`.

    The text can be copied, and the people can be reached.
    """
    for step, text in plan.sections():
        if step != without:
            column.addSpacing(6)
            column.addWidget(Text(f"plan.{step}", "planStep"))
            column.addWidget(ContactReach(plan) if step == REACHED else words(text))
