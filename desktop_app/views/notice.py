"""One sentence in place, where a person looks anyway, with the ways on beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from desktop_app.errors import KnownError
from desktop_app.views.announcement import announce
from desktop_app.views.elided_button import ElidedButton
from resources.messages import sentence

MOST_LINES_BESIDE: Final = 5
"""A sentence that would be longer beside its buttons stands above them."""


@dataclass(frozen=True, slots=True)
class WayOn:
    """A button: the key of its label, and what it does."""

    key: str
    act: Callable[[], None]


class Notice(QFrame):
    """Hidden while there is nothing to say."""

    shown = Signal()
    """It began to say something, or ended."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._say: Callable[[], str] = str
        self._buttons: list[tuple[WayOn, ElidedButton]] = []
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._ways = QHBoxLayout()
        self._ways.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(16, 10, 10, 10)
        self._parts.addWidget(self._label, 1)
        self._parts.addLayout(self._ways)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty when hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Show the sentence `text` gives in the language in force, and a button for each way."""
        self.clear()
        self._say = text
        for place, way in enumerate(ways):
            button = ElidedButton(self)
            button.clicked.connect(partial(self._go, place))
            self._buttons.append((way, button))
            self._ways.addWidget(button)
        self._retranslate()
        self.show()
        announce(self, self._label.text())

    def say_too(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Do as `say` does, below what is being said; its ways on stay."""
        before = self._say
        self.say(lambda: "\n".join(filter(None, (before(), text()))), *self.ways, *ways)

    def go_on_saying(self, text: Callable[[], str], *ways: WayOn) -> None:
        """Do as `say` does; where just that is being said, nobody hears it, or loses a button."""
        offered = [way.key for way, _ in self._buttons]
        if self.text != text() or offered != [way.key for way in ways]:
            self.say(text, *ways)
            return
        self._say = text
        buttons = [button for _, button in self._buttons]
        self._buttons = list(zip(ways, buttons, strict=True))

    def button(self, key: str) -> QPushButton | None:
        """Return the button of a way on that is offered."""
        return next((button for way, button in self._buttons if way.key == key), None)

    def way(self, key: str) -> WayOn | None:
        """Return a way on that is offered."""
        return next((way for way, _ in self._buttons if way.key == key), None)

    @property
    def ways(self) -> tuple[WayOn, ...]:
        """The ways on that are offered."""
        return tuple(way for way, _ in self._buttons)

    def clear(self) -> None:
        """Hide, and forget the ways on."""
        self.hide()
        for _, button in self._buttons:
            self._ways.removeWidget(button)
            button.deleteLater()
        self._buttons.clear()
        self._say = str

    def _go(self, place: int) -> None:
        self._buttons[place][0].act()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def showEvent(self, event: QShowEvent) -> None:
        """See Qt."""
        super().showEvent(event)
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """See Qt."""
        super().hideEvent(event)
        self.shown.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put the buttons beside the sentence, or below it where they would leave it no room."""
        taken = self._ways.sizeHint().width()
        tallest = MOST_LINES_BESIDE * self._label.fontMetrics().lineSpacing()
        narrow = taken > self.width() / 2
        below = narrow or self._label.heightForWidth(self.width() - taken) > tallest
        directions = QBoxLayout.Direction
        self._parts.setDirection(directions.TopToBottom if below else directions.LeftToRight)

    def _retranslate(self) -> None:
        self._label.setText(self._say())
        self._label.setAccessibleName(self._say())
        for way, button in self._buttons:
            button.setText(sentence(way.key))
        self._arrange()


def explained(error: Exception) -> str:
    """Return the sentence for an error; of a bug its kind alone, its text may be private."""
    if isinstance(error, KnownError):
        return error.sentence()
    return sentence("cli.bug", name=type(error).__name__)
