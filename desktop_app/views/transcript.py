"""The conversation on the screen: messages one reads, selects and copies."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QMenu, QWidget

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.bubble import Bubble, BubbleDelegate, cursor_over
from desktop_app.views.long_list import LongList
from desktop_app.views.message import MESSAGE, Index, Message
from desktop_app.views.text_selection import Place, TextSelection
from resources.messages import sentence

TURNS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
"""With Alt: another version of the current row."""
KEYS: Final = QKeySequence.StandardKey
MOVES: Final = {
    KEYS.SelectPreviousChar: QTextCursor.MoveOperation.PreviousCharacter,
    KEYS.SelectNextChar: QTextCursor.MoveOperation.NextCharacter,
    KEYS.SelectPreviousWord: QTextCursor.MoveOperation.PreviousWord,
    KEYS.SelectNextWord: QTextCursor.MoveOperation.NextWord,
}
"""The keys that move the end of what is selected."""


class Transcript(LongList):
    """Shows a `Messages` model.

    Text is selected with the mouse, across messages too, or with keys in the current one.
    """

    menu_wanted = Signal(QMenu, int)
    """The menu of a row is about to be shown; who can do more with it adds that."""
    turned = Signal(int, int)
    """Another version of a row is wanted: the one before (-1) or after (1)."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bubbles = BubbleDelegate(appearance, self)
        self._selection: TextSelection | None = None
        self.setObjectName("transcript")
        self.setItemDelegate(self._bubbles)
        self.setViewportMargins(0, theme.GAP // 2, 0, 0)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        appearance.changed.connect(self.start_over)
        self._retranslate()

    def estimate(self, row: int) -> int:
        """See LongList."""
        return self._bubbles.estimate(self._message(row), self.viewport().width())

    def reset(self) -> None:
        """See LongList."""
        self._select(None)
        super().reset()

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """See Qt."""
        self._select(None)
        super().rowsAboutToBeRemoved(parent, start, end)

    def selected_text(self) -> str:
        """Return the selected text, messages apart by an empty line."""
        spans = self._selection.spans() if self._selection else {}
        texts = (
            cursor_over(self._bubble(row).document, span).selection().toPlainText()
            for row, span in spans.items()
        )
        return "\n\n".join(filter(None, texts))

    def copy(self) -> None:
        """Put the selected text, or else the current message, on the clipboard."""
        text = self.selected_text()
        if not text and self.currentIndex().isValid():
            text = self._message(self.currentIndex().row()).text
        if text:
            QGuiApplication.clipboard().setText(text)

    def selectAll(self) -> None:
        """Select the text of all messages."""
        last = len(self.heights) - 1
        if last >= 0:
            end = self._bubble(last).document.characterCount() - 1
            self._select(TextSelection(Place(0, 0), Place(last, end)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select text; with Shift, go on."""
        self.shows_focus = False
        place = self._place(event.position().toPoint())
        if event.button() is not Qt.MouseButton.LeftButton or place is None:
            return
        anchor = place
        if self._selection and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            anchor = self._selection.anchor
        self.setCurrentIndex(self.row_index(place.row))
        self._select(TextSelection(anchor, place))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select up to the pointer; beyond the edge, scroll."""
        if not event.buttons() & Qt.MouseButton.LeftButton or self._selection is None:
            return
        point, bar = event.position().toPoint(), self.verticalScrollBar()
        beyond = min(0, point.y()) + max(0, point.y() - self.viewport().height())
        bar.setValue(bar.value() + beyond)
        place = self._place(point)
        if place is not None:
            self._select(TextSelection(self._selection.anchor, place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End selecting; a mere click selects nothing, and turns to another version."""
        if self._selection is not None and self._selection.empty:
            self._select(None)
            self._turn_at(event.position().toPoint())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the word under the pointer."""
        place = self._place(event.position().toPoint())
        if place is None:
            return
        cursor = QTextCursor(self._bubble(place.row).document)
        cursor.setPosition(place.position)
        cursor.select(QTextCursor.SelectionType.WordUnderCursor)
        ends = (Place(place.row, at) for at in (cursor.selectionStart(), cursor.selectionEnd()))
        self._select(TextSelection(*ends))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy and to select all, and what others can do with the row."""
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        row = self.row_near(event.pos()) if by_mouse else self.currentIndex().row()
        menu = self.menu_of(row)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def menu_of(self, row: int) -> QMenu:
        """Return the menu of a row."""
        menu = QMenu(self)
        for key, does in (("window.copy", self.copy), ("window.select_all", self.selectAll)):
            action = QAction(sentence(key), menu)
            action.triggered.connect(does)
            menu.addAction(action)
        if row >= 0:
            self.menu_wanted.emit(menu, row)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See Qt; what is copied is text."""
        self.shows_focus = True
        move = next((move for keys, move in MOVES.items() if event.matches(keys)), None)
        if event.matches(KEYS.Copy):
            self.copy()
        elif event.matches(KEYS.SelectAll):
            self.selectAll()
        elif move is not None and self.currentIndex().isValid():
            self._select_by_key(self.currentIndex().row(), move)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in TURNS:
            self._turn(self.currentIndex().row(), TURNS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """See Qt."""
        self.shows_focus = event.reason() is not Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def _retranslate(self) -> None:
        self.setAccessibleName(sentence("window.transcript"))
        self._bubbles.forget()  # the notes below messages are sentences too
        self.start_over()

    def _select(self, selection: TextSelection | None) -> None:
        self._selection = selection
        self._bubbles.spans = selection.spans() if selection else {}
        self.viewport().update()

    def _select_by_key(self, row: int, move: QTextCursor.MoveOperation) -> None:
        """Move the end of what is selected in a row; there is none yet: begin where it points."""
        selection, cursor = self._selection, QTextCursor(self._bubble(row).document)
        if selection is None or selection.head.row != row:
            backwards = move in {MOVES[KEYS.SelectPreviousChar], MOVES[KEYS.SelectPreviousWord]}
            cursor.movePosition(
                cursor.MoveOperation.End if backwards else cursor.MoveOperation.Start
            )
            start = Place(row, cursor.position())
            selection = TextSelection(start, start)
        cursor.setPosition(selection.head.position)
        cursor.movePosition(move)
        self._select(TextSelection(selection.anchor, Place(row, cursor.position())))
        self._show(row, cursor)

    def _show(self, row: int, cursor: QTextCursor) -> None:
        """Scroll to where a cursor stands in a message that is higher than the window."""
        bubble, block = self._bubble(row), cursor.block()
        line = block.layout().lineForTextPosition(cursor.positionInBlock())
        above = bubble.document.documentLayout().blockBoundingRect(block).top() + line.y()
        top = self.visualRect(self.row_index(row)).top() + round(bubble.text_at.y() + above)
        beyond = top + round(line.height()) - self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + min(0, top) + max(0, beyond))

    def _turn_at(self, point: QPoint) -> None:
        row = self.row_near(point)
        pages = self._bubble(row).pages
        inside = (point - self.visualRect(self.row_index(row)).topLeft()).toPointF()
        if pages.contains(inside):
            self._turn(row, -1 if inside.x() < pages.center().x() else 1)

    def _turn(self, row: int, step: int) -> None:
        if row >= 0 and 1 <= self._message(row).version + step <= self._message(row).versions:
            self.turned.emit(row, step)

    def _place(self, point: QPoint) -> Place | None:
        row = self.row_near(point)
        if row < 0:
            return None
        inside = point - self.visualRect(self.row_index(row)).topLeft()
        return Place(row, self._bubble(row).position_at(inside.toPointF()))

    def _message(self, row: int) -> Message:
        message: Message = self.row_index(row).data(MESSAGE)
        return message

    def _bubble(self, row: int) -> Bubble:
        return self._bubbles.bubble(self._message(row), self.viewport().width())
