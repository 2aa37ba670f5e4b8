"""One sentence in place, where a person looks anyway, with the ways on beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from resources.messages import sentence


@dataclass(frozen=True, slots=True)
class WayOn:
    """A button: the key of its label, and what it does."""

    key: str
    act: Callable[[], None]


class Notice(QFrame):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._say: Callable[[], str] = str
        self._buttons: list[tuple[str, QPushButton]] = []
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 10, 10, 10)
        self._row.addWidget(self._label, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty when hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Show the sentence `text` gives in the language in force, and a button for each way."""
        self.clear()
        self._say = text
        for way in ways:
            button = QPushButton(self)
            button.clicked.connect(way.act)
            self._buttons.append((way.key, button))
            self._row.addWidget(button)
        self._retranslate()
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._label.text()))

    def clear(self) -> None:
        """Hide, and forget the ways on."""
        self.hide()
        for _, button in self._buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self._buttons.clear()
        self._say = str

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self._label.setText(self._say())
        self._label.setAccessibleName(self._say())
        for key, button in self._buttons:
            button.setText(sentence(key))
