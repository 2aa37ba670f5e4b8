"""What the safety plan is written into: text that grows, and lines."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from resources.messages import sentence

LINES: Final = (2, 8)
"""A text field's least and greatest height."""
FRAME: Final = 14
"""Pixels of border and padding, above and below together."""


class PlanText(QPlainTextEdit):
    """As high as what is written; Tab goes on to the next field."""

    left = Signal()
    """The keyboard went elsewhere."""

    def __init__(self, step: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step = step
        self.setObjectName("planText")
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._retranslate()
        self._fit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """See Qt."""
        super().focusOutEvent(event)
        self.left.emit()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        elif event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()

    def _fit(self) -> None:
        least, most = LINES
        lines = min(most, max(least, round(self.document().size().height())))
        margins = 2 * round(self.document().documentMargin()) + FRAME
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins)

    def _retranslate(self) -> None:
        self.setAccessibleName(sentence(f"plan.{self._step}"))
        self.setAccessibleDescription(sentence(f"plan.{self._step}_hint"))
        if self._step == "message":
            self.setPlaceholderText(sentence("contact.message"))


class PlanLine(QLineEdit):
    """A name, a number or an address."""

    left = Signal()
    """The keyboard went elsewhere."""

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """See Qt."""
        super().focusOutEvent(event)
        self.left.emit()
