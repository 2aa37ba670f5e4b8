"""How the parts of the window stand: the line above all, the list, the conversation, the card."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget


class SideBySide(QWidget):
    """Holds all of them without gaps. Help is in reach at every width."""

    def __init__(self, header: QWidget, room: QWidget, card: QWidget) -> None:
        """Put them in; the list comes later."""
        super().__init__()
        self._below = QHBoxLayout()
        self._below.addWidget(room, 1)
        self._below.addWidget(card)
        whole = QVBoxLayout(self)
        whole.addWidget(header)
        whole.addLayout(self._below, 1)
        for layout in (self._below, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

    def add_side(self, side: QWidget) -> None:
        """Put the list before the conversation."""
        self._below.insertWidget(0, side)
