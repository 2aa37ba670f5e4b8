"""Where a person writes: a field that grows, Send, and Stop while a reply is being written.

Enter sends, Shift+Enter begins a new line. Enter that ends the composing of Chinese characters
belongs to the input method and never sends.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from desktop_app.views.styling import restyle
from resources.messages import sentence

MOST_LINES: Final = 7


class MessageField(QPlainTextEdit):
    """A plain text field as high as its text, up to `MOST_LINES`."""

    entered = Signal()
    """Enter was pressed, and not for the input method."""
    focus_changed = Signal(bool)
    composed = Signal()
    """An input method has put in what was composed, or given it up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._invitation = ""
        self._fitting = False
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def invite(self, text: str) -> None:
        """Show what may be written here, as long as nothing is; in one line, as the field is."""
        self._invitation = text
        room = self.viewport().width() - 2 * round(self.document().documentMargin())
        elided = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
        self.setPlaceholderText(elided)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self.invite(self._invitation)
        if event.size().width() != event.oldSize().width():
            self._fit()  # the text was broken into lines anew, which the document does not tell

    @property
    def composing(self) -> bool:
        """Whether an input method composes characters here that are not text yet."""
        return bool(self.textCursor().block().layout().preeditAreaText())

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """See Qt."""
        super().inputMethodEvent(event)
        if not event.preeditString():
            self.composed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if is_enter and self.composing:
            event.accept()  # it would break the line in the midst of what is composed
        elif is_enter and not shifted:
            event.accept()
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """See Qt."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """See Qt."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._fit()
            self.invite(self._invitation)

    def sizeHint(self) -> QSize:
        """Return the size the layout starts from."""
        return QSize(320, self.height())

    def _fit(self) -> None:
        if self._fitting:  # a bar that comes or goes changes the width
            return
        self._fitting = True
        try:
            policies = Qt.ScrollBarPolicy
            self.setVerticalScrollBarPolicy(
                policies.ScrollBarAsNeeded
                if self._written() > MOST_LINES
                else policies.ScrollBarAlwaysOff
            )
            lines = min(MOST_LINES, self._written())
            margins = 2 * round(self.document().documentMargin()) + 2 * self.frameWidth()
            self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + margins)
        finally:
            self._fitting = False

    def _written(self) -> int:
        """Return how many lines there are, as they are broken now."""
        return max(1, round(self.document().size().height()))


class Composer(QFrame):
    """The field and its button. `sent` carries what was written; the field keeps it."""

    sent = Signal(str)
    too_early = Signal()
    """Enter was pressed, and what is written cannot be sent yet."""
    stopped = Signal()

    write_here = "window.write_here"
    how_to_send = "window.how_to_send"
    """Keys of what the field says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("composer")
        self.field = MessageField(self)
        self.send = QPushButton(self)
        self.send.setObjectName("primary")
        self.stop = QPushButton(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 7, 7)
        row.setSpacing(8)
        row.addWidget(self.field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        self.field.entered.connect(self._send)
        self.field.focus_changed.connect(lambda on: restyle(self, focused=on))
        self.field.textChanged.connect(self._enable)
        self.send.clicked.connect(self._send)
        self.stop.clicked.connect(self.stopped)
        self._may_send = self._kept = True
        self.let_send(may=True, replying=False)
        self._retranslate()

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.field.toPlainText()

    @text.setter
    def text(self, text: str) -> None:
        self.field.setPlainText(text)
        self.field.moveCursor(self.field.textCursor().MoveOperation.End)

    @property
    def behind(self) -> int:
        """How many characters stand behind the caret."""
        return self._end() - self.field.textCursor().position()

    def add(self, text: str, behind: int) -> None:
        """Put `text` behind what stands in the field, and the caret into it; see `behind`."""
        self.text = "\n\n".join(filter(None, (self.text, text)))
        cursor = self.field.textCursor()
        cursor.setPosition(self._end() - behind)
        self.field.setTextCursor(cursor)

    def _end(self) -> int:
        """Return the last position a caret can have, in Qt's characters of 16 bits."""
        return self.field.document().characterCount() - 1

    def take_keyboard(self) -> None:
        """Have what is typed go into the field."""
        self.field.setFocus()

    def let_send(self, *, may: bool, replying: bool) -> None:
        """Say whether a message may be sent now, and whether a reply can be stopped."""
        had_focus = self.stop.hasFocus() or self.send.hasFocus()
        self._may_send = may
        self.stop.setVisible(replying)
        self.send.setVisible(not replying)
        self._enable()
        if had_focus:
            self.field.setFocus()

    def show_kept(self, *, kept: bool) -> None:
        """Say, where something may be written, whether it will be kept."""
        self._kept = kept
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _enable(self) -> None:
        self.send.setEnabled(self._may_send and bool(self.text.strip()))

    def _send(self) -> None:
        if not self.text.strip():
            return
        if self._may_send:
            self.sent.emit(self.text)
        else:
            self.too_early.emit()

    def _retranslate(self) -> None:
        where = self.write_here if self._kept else "window.write_off_the_record"
        self.field.invite(sentence(where))
        self.field.setAccessibleName(sentence("window.your_message"))
        self.field.setAccessibleDescription(sentence(self.how_to_send))
        self.field.setToolTip(sentence(self.how_to_send))
        self.send.setText(sentence("window.send"))
        self.stop.setText(sentence("window.stop"))
        self.stop.setToolTip(sentence("window.stop_key"))
