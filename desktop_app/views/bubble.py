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
from desktop_app.views.document import document
from desktop_app.views.message import MESSAGE, Index, Message
from desktop_app.views.text_selection import Span

KEPT_LAYOUTS: Final = 64


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message laid out for one row width, in pixels of the row."""

    document: QTextDocument
    ground: QRectF
    text_at: QPointF
    note: QRectF
    """Where the note stands; empty when there is none."""
    height: int

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
        painter.save()
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
            painter.drawText(bubble.note, Qt.AlignmentFlag.AlignLeft, message.note)
        painter.translate(bubble.text_at)
        ink = colours.on_mine if mine else colours.text
        bubble.document.documentLayout().draw(
            painter, self._context(bubble.document, ink, index.row())
        )
        painter.restore()

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
        look = self._appearance.look
        column = min(width - 2 * theme.GAP, look.px(theme.COLUMN_EM * theme.BODY_PX))
        longest = look.px(theme.LONGEST_LINE_EM * theme.BODY_PX)
        return max(80.0, min(longest, column - 2 * theme.BUBBLE_PADDING[0] - 3 * theme.GAP))

    def _lay_out(self, message: Message, width: int) -> Bubble:
        look = self._appearance.look
        pad_x, pad_y = theme.BUBBLE_PADDING
        made = document(message, look.font(theme.BODY_PX), self._text_width(width))
        size = made.size()
        column = min(width - 2 * theme.GAP, look.px(theme.COLUMN_EM * theme.BODY_PX))
        left = (width - column) / 2
        ground_width = size.width() + 2 * pad_x
        if message.role is Role.USER:
            left += column - ground_width
        ground = QRectF(left, theme.GAP / 2, ground_width, size.height() + 2 * pad_y)
        note = QRectF()
        bottom = ground.bottom()
        if message.note:
            metrics = QFontMetricsF(look.font(theme.SMALL_PX))
            across = metrics.horizontalAdvance(message.note) + 2
            note = QRectF(left + pad_x, bottom + 5, across, metrics.height())
            bottom = note.bottom()
        # A line's extra height stands below it; half of it above makes the text sit in the middle.
        extra = QFontMetricsF(made.defaultFont()).height() * (theme.LINE_HEIGHT_PERCENT / 100 - 1)
        text_at = QPointF(left + pad_x, ground.top() + pad_y + extra / 2)
        return Bubble(made, ground, text_at, note, round(bottom + theme.GAP / 2))


def cursor_over(text: QTextDocument, span: Span) -> QTextCursor:
    """Return a cursor that selects `span`; an open end is the document's."""
    cursor = QTextCursor(text)
    last = text.characterCount() - 1
    cursor.setPosition(min(span.start, last))
    end = last if span.end is None else min(span.end, last)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor
