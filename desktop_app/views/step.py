"""One step before the first conversation: heading, paragraphs, and what it asks below them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.views.panel import Text


class Step(QWidget):
    """A step that only tells; subclasses ask."""

    changed = Signal()
    """It became answered, or no longer is."""
    passed = Signal()
    """The answer can be taken, and the next step shown."""

    go_on_key = "first_steps.go_on"
    """Key of the label on the button that leaves this step."""

    def __init__(self, heading: str, *paragraphs: str) -> None:
        """Take the catalogue's keys of what it says."""
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)
        self.column.addWidget(Text(heading, "panelTitle"))
        for paragraph in paragraphs:
            self.column.addWidget(Text(paragraph))
        self.spoken = (heading, *paragraphs)
        """What a screen reader says when the step is shown."""

    @property
    def answered(self) -> bool:
        """Whether the person may go on."""
        return True

    def begin(self) -> None:
        """Do what the step needs when it is shown."""

    def first_focus(self) -> QWidget | None:
        """Return what a keyboard should land on; None for the button that goes on."""
        return None

    def answer(self) -> Mapping[str, object]:
        """Return the fields of Settings that this step gives, and their values."""
        return {}

    def go_on(self) -> None:
        """Take the answer; ends in `passed` at once or later."""
        self.passed.emit()
