"""What a search found, as rows: whose conversation and when, and the words where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.message import Index
from desktop_app.views.painter_state import put_back
from desktop_app.views.sessions import day_of
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.search import Hit

HIT: Final = Qt.ItemDataRole.UserRole
"""The role under which a row's whole `Hit` is found."""
EXCERPT_LINES: Final = 2
PADDING: Final = 8


class Hits(QAbstractListModel):
    """Rows of hits, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hits: tuple[Hit, ...] = ()

    def show(self, hits: tuple[Hit, ...]) -> None:
        """Show other hits."""
        self.beginResetModel()
        self._hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own form
        """See Qt."""
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """See Qt."""
        if not index.isValid():
            return None
        hit = self._hits[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return hit.excerpt.text
            case Qt.ItemDataRole.AccessibleTextRole:
                title = sentence("window.session", title=_head(hit), day=day_of(hit.created))
                return f"{title} {hit.excerpt.text}"
            case _ if role == HIT:
                return hit
        return None


class HitDelegate(QStyledItemDelegate):
    """Paints a hit; the ground is the style sheet's."""

    def __init__(self, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self._appearance = appearance

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """See Qt; all rows are of one height."""
        lines = QFontMetrics(self._small()).height() + EXCERPT_LINES * self._line()
        return QSize(option.rect.width(), lines + 2 * PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """See Qt."""
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        ground.text = ""
        style = ground.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter, ground.widget)
        hit: Hit = index.data(HIT)
        room = option.rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        with put_back(painter):
            painter.setClipRect(room)
            self._paint_head(painter, room, hit)
            self._paint_excerpt(painter, room, hit)

    def _paint_head(self, painter: QPainter, room: QRect, hit: Hit) -> None:
        metrics = QFontMetrics(self._small())
        painter.setFont(self._small())
        painter.setPen(QColor(self._appearance.look.colours.muted))
        day = day_of(hit.created)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, day)
        left = room.width() - metrics.horizontalAdvance(day) - PADDING
        title = metrics.elidedText(_head(hit), Qt.TextElideMode.ElideRight, left)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, title)

    def _paint_excerpt(self, painter: QPainter, room: QRect, hit: Hit) -> None:
        colours = self._appearance.look.colours
        layout = QTextLayout(hit.excerpt.text, self._body())
        layout.setFormats([self._mark(begin, end) for begin, end in _in_utf16(hit)])
        layout.beginLayout()
        for number in range(EXCERPT_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(room.width())
            line.setPosition(QPointF(0, number * self._line()))
        layout.endLayout()
        painter.setPen(QColor(colours.text))
        below = room.top() + QFontMetrics(self._small()).height()
        layout.draw(painter, QPointF(room.left(), below))

    def _mark(self, begin: int, end: int) -> QTextLayout.FormatRange:
        mark = QTextLayout.FormatRange()
        mark.start, mark.length = begin, end - begin
        mark.format = QTextCharFormat()
        mark.format.setFontWeight(QFont.Weight.Bold)
        mark.format.setForeground(QColor(self._appearance.look.colours.accent))
        return mark

    def _small(self) -> QFont:
        return self._appearance.look.font(theme.SMALL_PX)

    def _body(self) -> QFont:
        return self._appearance.look.font(theme.BODY_PX)

    def _line(self) -> int:
        return QFontMetrics(self._body()).lineSpacing()


def _head(hit: Hit) -> str:
    """Say where it was found."""
    title = " ".join(hit.title.split())
    if hit.turn is None:
        return sentence("window.found_title")
    return title if hit.chosen else sentence("window.found_version", title=title)


def _in_utf16(hit: Hit) -> list[tuple[int, int]]:
    """Return the marks counted as Qt counts: a pictograph is two."""
    excerpt = hit.excerpt

    def place(at: int) -> int:
        return len(excerpt.text[:at].encode("utf-16-le")) // 2

    return [(place(begin), place(end)) for begin, end in excerpt.marks]
