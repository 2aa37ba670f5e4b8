"""One message laid out and painted: its ground, its words, the small line below it.

Laying out is what costs, so the last layouts are kept. Positions are relative to the row.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFontMetricsF,
    QPainter,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.columns import margin_beside
from desktop_app.views.document import document
from desktop_app.views.message import MESSAGE, Index, Message
from desktop_app.views.painter_state import put_back
from desktop_app.views.reply_form import code_grounds, quote_bars
from desktop_app.views.text_selection import Span

KEPT_LAYOUTS: Final = 64
LONGEST_NOTE: Final = 1000.0
"""Pixels; more than any note is high."""
NOTE_FLAGS: Final = (Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap).value
"""A note that is wider than the column goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message laid out for one row width, in pixels of the row."""

    document: QTextDocument
    ground: QRectF
    text_at: QPointF
    note: QRectF
    """Where the note stands; empty when there is none."""
    pages: QRectF
    """The part of the note that turns to another version."""
    height: int
    code: tuple[QRectF, ...]
    """Grounds of code, and beside quotations their bars; both relative to the text."""
    bars: tuple[QRectF, ...]

    def position_at(self, point: QPointF) -> int:
        """Return the document position nearest to a point of the row."""
        layout = self.document.documentLayout()
        return layout.hitTest(point - self.text_at, Qt.HitTestAccuracy.FuzzyHit)


class BubbleDelegate(QStyledItemDelegate):
    """Lays messages out, paints them, and remembers how."""

    def __init__(self, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._layouts: OrderedDict[tuple[Message, int], Bubble] = OrderedDict()
        self.spans: dict[int, Span] = {}
        """What is selected, by row."""
        appearance.changed.connect(self.forget)

    def forget(self) -> None:
        """Drop every layout: font or language changed."""
        self._layouts.clear()

    def bubble(self, message: Message, width: int) -> Bubble:
        """Return the layout of `message` in a row of `width` pixels."""
        key = (message, width)
        made = self._layouts.get(key)
        if made is None:
            made = self._layouts[key] = self._lay_out(message, width)
            if len(self._layouts) > KEPT_LAYOUTS:
                self._layouts.popitem(last=False)
        self._layouts.move_to_end(key)
        return made

    def estimate(self, message: Message, width: int) -> int:
        """Return about the height of a message not laid out yet; must be quick."""
        look = self._appearance.look
        # In em: a Chinese character (three bytes) is 1 wide, a Latin one (one byte) 0.5.
        ems = len(message.text) / 2 + (len(message.text.encode()) - len(message.text)) / 4
        em = look.px(theme.BODY_PX)
        lines = 1 + int(ems * em / self._text_width(width)) + message.text.count("\n")
        line = 1.3 * em * theme.LINE_HEIGHT_PERCENT / 100
        return round(lines * line) + 2 * theme.BUBBLE_PADDING[1] + theme.GAP

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """See Qt."""
        width = option.rect.width()
        return QSize(width, self.bubble(index.data(MESSAGE), width).height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """See Qt."""
        message: Message = index.data(MESSAGE)
        colours = self._appearance.look.colours
        bubble = self.bubble(message, option.rect.width())
        mine = message.role is Role.USER
        with put_back(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(option.rect.topLeft())
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            ring = QColor(colours.accent if focused else colours.mine if mine else colours.line)
            painter.setPen(QPen(ring, 2 if focused else 1))
            painter.setBrush(QColor(colours.mine if mine else colours.raised))
            painter.drawRoundedRect(bubble.ground, theme.RADIUS, theme.RADIUS)
            if not bubble.note.isEmpty():
                painter.setFont(self._appearance.look.font(theme.SMALL_PX))
                painter.setPen(QColor(colours.muted))
                painter.drawText(bubble.note, NOTE_FLAGS, message.note)
            painter.translate(bubble.text_at)
            self._paint_grounds(painter, bubble)
            ink = colours.on_mine if mine else colours.text
            bubble.document.documentLayout().draw(
                painter, self._context(bubble.document, ink, index.row())
            )

    def _paint_grounds(self, painter: QPainter, bubble: Bubble) -> None:
        """Paint what lies beneath the words: grounds of code, bars of quotations."""
        colours = self._appearance.look.colours
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.side))
        for ground in bubble.code:
            painter.drawRoundedRect(ground, theme.RADIUS / 2, theme.RADIUS / 2)
        painter.setBrush(QColor(colours.accent))
        for bar in bubble.bars:
            painter.drawRoundedRect(bar, bar.width() / 2, bar.width() / 2)

    def _context(
        self, text: QTextDocument, ink: str, row: int
    ) -> QAbstractTextDocumentLayout.PaintContext:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = QPalette()
        context.palette.setColor(QPalette.ColorRole.Text, QColor(ink))
        span = self.spans.get(row)
        if span is not None:
            selection = QAbstractTextDocumentLayout.Selection()
            selection.cursor = cursor_over(text, span)
            selection.format = QTextCharFormat()
            selection.format.setBackground(QColor(self._appearance.look.colours.selection))
            context.selections = [selection]
        return context

    def _text_width(self, width: int) -> float:
        longest = self._appearance.look.px(theme.LONGEST_LINE_EM * theme.BODY_PX)
        _, column = self._column(width)
        return max(80.0, min(longest, column - 2 * theme.BUBBLE_PADDING[0] - 3 * theme.GAP))

    def _column(self, width: int) -> tuple[int, int]:
        """Return where the column of the messages begins in a row, and how wide it is.

        The scroll bar beside the row belongs to what the column stands in the middle of: so the
        field below, which has no bar beside it, stands in the same column.
        """
        whole = width + theme.SCROLL_BAR
        left = margin_beside(whole, self._appearance.look)
        return left, whole - 2 * left

    def _lay_out(self, message: Message, width: int) -> Bubble:
        look = self._appearance.look
        pad_x, pad_y = theme.BUBBLE_PADDING
        made = document(message, look, self._text_width(width))
        size = made.size()
        left: float
        left, column = self._column(width)
        ground_width = size.width() + 2 * pad_x
        if message.role is Role.USER:
            left += column - ground_width
        # A line's extra height stands below it; half of it above makes the text sit in the middle.
        extra = QFontMetricsF(made.defaultFont()).height() * (theme.LINE_HEIGHT_PERCENT / 100 - 1)
        # A whole pixel: else the lines of tables, and letters, would be blurred.
        half = round(extra / 2)
        code, bars = tuple(code_grounds(made)), tuple(quote_bars(made))
        # The first and the last ground reach beyond the document, which knows of words alone.
        top = round(min([0.0, *(each.top() for each in code)]))
        end = max([size.height() - 2 * half, *(each.bottom() for each in code)])
        ground = QRectF(left, theme.GAP / 2, ground_width, end - top + 2 * (pad_y + half))
        text_at = QPointF(left + pad_x, ground.top() + pad_y + half - top)
        note = pages = QRectF()
        bottom = ground.bottom()
        if message.note:
            metrics = QFontMetricsF(look.font(theme.SMALL_PX))
            room = QRectF(left + pad_x, bottom + 5, column - pad_x, LONGEST_NOTE)
            note = metrics.boundingRect(room, NOTE_FLAGS, message.note).adjusted(0, 0, 2, 0)
            pages = QRectF(note.topLeft(), metrics.size(0, message.pages))
            bottom = note.bottom()
        height = round(bottom + theme.GAP / 2)
        return Bubble(made, ground, text_at, note, pages, height, code, bars)


def cursor_over(text: QTextDocument, span: Span) -> QTextCursor:
    """Return a cursor that selects `span`; an open end is the document's."""
    cursor = QTextCursor(text)
    last = text.characterCount() - 1
    cursor.setPosition(min(span.start, last))
    end = last if span.end is None else min(span.end, last)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor
