"""The crisis card beside the conversation: whom to call now. Needs no model and no network."""

from __future__ import annotations

import html
import re
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.care.card import crisis_card
from desktop_app.views import theme
from desktop_app.views.styling import spacious
from resources.messages import sentence

_NUMBER: Final = re.compile(r"^(\d[\d -]*\d)")
"""The number a row begins with: what a person in need looks for."""


class CrisisCard(QFrame):
    """A column on the right; its button closes it, and so does Escape (see window)."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setFixedWidth(theme.CARD_WIDTH)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._close = QPushButton(self)
        self._close.clicked.connect(self.closed)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, theme.GAP)  # the border stays in sight
        column.addWidget(self._area, 1)
        column.addWidget(self._close, 0, Qt.AlignmentFlag.AlignHCenter)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def first_number(self) -> QWidget:
        """Return the row a keyboard should land on."""
        return self.findChildren(QLabel, "cardRow")[0]

    def _retranslate(self) -> None:
        card = crisis_card()
        page = QWidget()
        page.setObjectName("cardPage")
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 20, 20, 12)
        column.setSpacing(9)
        blocks = (
            ("cardTitle", (card.title,)),
            ("cardRow", card.emergency + card.lines),
            ("cardStep", card.steps),
            ("quiet", card.notes),
        )
        for name, texts in blocks:
            for text in texts:
                column.addWidget(_line(text, name))
            column.addSpacing(6)
        column.addStretch(1)
        self._area.setWidget(page)
        self._close.setText(sentence("window.close_card"))
        self.setAccessibleName(sentence("window.crisis_card"))


def _line(text: str, name: str) -> QLabel:
    """Return one line of the card; numbers can be reached by keyboard and copied."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    markup = _NUMBER.sub(r"<b>\1</b>", html.escape(text))
    label.setText(markup if name == "cardRow" else spacious(markup))
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAccessibleName(text)
    if name == "cardRow":
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return label
