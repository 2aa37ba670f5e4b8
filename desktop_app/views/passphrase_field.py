"""Where a passphrase is typed: hidden unless the person wants to see it.

Chinese passphrases are typed with an input method, so Enter that ends composing stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from resources.messages import sentence

TAKES_AWAY: Final = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.DeleteEndOfLine,
    QKeySequence.StandardKey.DeleteCompleteLine,
)
"""Keys by which a line that is shown puts its text on the clipboard; the last two as well."""


SELECTS: Final[Mapping[QKeySequence.StandardKey, Callable[[QLineEdit], None]]] = {
    QKeySequence.StandardKey.SelectAll: QLineEdit.selectAll,
    QKeySequence.StandardKey.SelectNextChar: lambda line: line.cursorForward(True),
    QKeySequence.StandardKey.SelectPreviousChar: lambda line: line.cursorBackward(True),
    QKeySequence.StandardKey.SelectNextWord: lambda line: line.cursorWordForward(True),
    QKeySequence.StandardKey.SelectPreviousWord: lambda line: line.cursorWordBackward(True),
    QKeySequence.StandardKey.SelectStartOfLine: lambda line: line.home(True),
    QKeySequence.StandardKey.SelectEndOfLine: lambda line: line.end(True),
    QKeySequence.StandardKey.SelectStartOfBlock: lambda line: line.home(True),
    QKeySequence.StandardKey.SelectEndOfBlock: lambda line: line.end(True),
}
"""What Qt does for each key, without handing X what was selected."""


class SecretLine(QLineEdit):
    """A line that is never copied or remembered, also while it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # Qt's speaks English only
        self.show_text(shown=False)

    def show_text(self, *, shown: bool) -> None:
        """Show the characters, or dots in their place."""
        self.setEchoMode(self.EchoMode.Normal if shown else self.EchoMode.Password)
        # Without ImhHiddenText, which makes input methods pass Latin letters on as they are.
        hints = Qt.InputMethodHint
        self.setInputMethodHints(
            hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase
        )

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """See Qt; remembers whether characters are still being composed."""
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        composes = self._composing and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        shown = self.echoMode() is self.EchoMode.Normal
        if composes or (shown and any(map(event.matches, TAKES_AWAY))):
            event.accept()
            return
        select = next((act for key, act in SELECTS.items() if event.matches(key)), None)
        if select is None:
            super().keyPressEvent(event)
        else:
            select(self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See Qt, which would hand what is selected to every program on an X display."""
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)


class PassphraseField(QWidget):
    """A labelled line with a button that shows what was typed."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        """`key` is the label's."""
        super().__init__(parent)
        self._key = key
        self._label = QLabel(self)
        self.line = SecretLine(self)
        self._label.setBuddy(self.line)
        self.toggle = QPushButton(self)
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._show)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._label)
        column.addLayout(row)
        self._retranslate()

    @property
    def text(self) -> str:
        """What was typed."""
        return self.line.text()

    def keep_place_of_toggle(self) -> None:
        """Hide the button but not its width: another field's button shows this one's text too."""
        policy = self.toggle.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.toggle.setSizePolicy(policy)
        self.toggle.hide()

    def wipe(self) -> None:
        """Forget what was typed; `clear` would keep it for undoing."""
        self.line.setText("")
        self.toggle.setChecked(False)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _show(self, shown: bool) -> None:
        self.line.show_text(shown=shown)
        self._retranslate()

    def _retranslate(self) -> None:
        self._label.setText(sentence(self._key))
        self.line.setAccessibleName(sentence(self._key))
        shown = self.toggle.isChecked()
        self.toggle.setText(sentence("passphrase.hide" if shown else "passphrase.show"))
