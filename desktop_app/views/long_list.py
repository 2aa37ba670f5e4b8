"""A list of very many rows of different heights that opens, scrolls and grows without a pause.

A QListView, so that screen readers meet a list and the keyboard works as in one; but its own
layout asks for every height whenever one changes. Here a row is measured when it comes into
sight, and what is being read stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

from desktop_app.views.message import Index
from desktop_app.views.row_heights import RowHeights

MOST_PASSES: Final = 8
"""Measuring shifts what is in sight, which may bring further rows into sight; it converges."""


class LongList(QListView):
    """Rows come and go at the end only. Stays at the end while the end is in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heights = RowHeights()
        self.shows_focus = False
        """Whether the current row has a ring; for those who came by keyboard."""
        self._settling = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Its room is kept, so that nothing is laid out anew when there comes to be more than fits.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setTabKeyNavigation(False)
        # So that scrolling moves what is painted already, and only what comes into sight is
        # painted; each paint fills its ground itself.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def estimate(self, _row: int) -> int:
        """Return about the height of a row nobody has seen yet; must be quick."""
        return self.fontMetrics().height()

    def at_end(self) -> bool:
        """Tell whether the end of the last row is in sight."""
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 2

    def show_end(self) -> None:
        """Scroll to the end of the last row, and stay there while rows grow."""
        self._settle(at_end=True)

    def start_over(self) -> None:
        """Forget every height; what is being read stays in sight."""
        if self.at_end():
            self._start_at_end()
            return
        value, before = self.verticalOffset(), self.heights
        row = before.row_at(value)
        hidden = (value - before.top(row)) / before.height(row)
        self._estimate_all()
        self._put_at_top(row, hidden)
        self.viewport().update()

    def row_near(self, point: QPoint) -> int:
        """Return the row at or nearest to a point of the viewport; -1 when there are none."""
        return self.heights.row_at(point.y() + self.verticalOffset())

    def row_index(self, row: int) -> QModelIndex:
        """Return the model's index of a row; an invalid one outside."""
        model = self._model()
        return model.index(row, 0) if model is not None else QModelIndex()

    # The model changes

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show another model, its end first."""
        before = self.selectionModel()
        super().setModel(model)
        if before is not None:
            before.deleteLater()

    def reset(self) -> None:
        """See Qt; shows the end, for these are other rows."""
        super().reset()
        self._start_at_end()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """See Qt."""
        was_at_end = self.at_end()
        for row in range(start, end + 1):
            self.heights.append(self.estimate(row))
        super().rowsInserted(parent, start, end)
        self._settle(at_end=was_at_end)

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """See Qt."""
        super().rowsAboutToBeRemoved(parent, start, end)
        self.heights.cut(start)
        self._settle(at_end=self.at_end())
        self.viewport().update()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """See Qt. Only the changed row is measured, and painted alone when nothing moved."""
        was_at_end = self.at_end()
        self.heights.forget(last.row())
        self._settle(at_end=was_at_end)
        # Past QListView's own, which has everything laid out and painted anew.
        QAbstractItemView.dataChanged(self, first, last, list(roles))

    # Geometry, as QAbstractItemView asks for it

    def doItemsLayout(self) -> None:
        """See Qt; past QListView's own layout."""
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        """See Qt."""
        self._settle(at_end=self.at_end())

    def visualRect(self, index: Index) -> QRect:
        """See Qt."""
        row = index.row()
        if not 0 <= row < len(self.heights):
            return QRect()
        top = self.heights.top(row) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self.heights.height(row))

    def indexAt(self, point: QPoint) -> QModelIndex:
        """See Qt."""
        inside = 0 <= point.y() + self.verticalOffset() < self.heights.total
        return self.row_index(self.row_near(point)) if inside else QModelIndex()

    def verticalOffset(self) -> int:
        """See Qt."""
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        """See Qt."""
        return 0

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """See Qt; every hint but EnsureVisible puts the row at the top."""
        rect, bar, sight = self.visualRect(index), self.verticalScrollBar(), self.viewport()
        if hint is not QAbstractItemView.ScrollHint.EnsureVisible or rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() > sight.height():
            bar.setValue(bar.value() + min(rect.top(), rect.bottom() - sight.height() + 1))

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """See Qt; Page Up and Page Down scroll, for a row may be higher than the window."""
        actions = QAbstractItemView.CursorAction
        row, last = self.currentIndex().row(), len(self.heights) - 1
        bar = self.verticalScrollBar()
        match action:
            case actions.MovePageUp:
                bar.setValue(bar.value() - bar.pageStep())
            case actions.MovePageDown:
                bar.setValue(bar.value() + bar.pageStep())
            case actions.MoveHome:
                row = 0
            case actions.MoveEnd:
                row = last
            case actions.MoveUp | actions.MovePrevious:
                row = max(0, row - 1)
            case actions.MoveDown | actions.MoveNext:
                row = last if row < 0 else min(last, row + 1)
            case _:
                pass
        return self.row_index(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        if event.oldSize().width() != event.size().width():
            self.start_over()
        else:
            self._settle(at_end=self.at_end())

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        """See Qt."""
        self.viewport().scroll(0, dy)
        if not self._settling:
            self._settle(at_end=False)

    def paintEvent(self, event: QPaintEvent) -> None:
        """See Qt."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().window())
        focused = self.currentIndex().row() if self.shows_focus and self.hasFocus() else -1
        for row in self._rows_between(event.rect().top(), event.rect().bottom()):
            index = self.row_index(row)
            option = self._option()
            option.rect = self.visualRect(index)
            if row == focused:
                option.state |= QStyle.StateFlag.State_HasFocus
            self.itemDelegate().paint(painter, option, index)

    def minimumSizeHint(self) -> QSize:
        """Return a size that fits any window."""
        return QSize(200, 80)

    # Within

    def _estimate_all(self) -> None:
        model = self._model()
        rows = model.rowCount() if model is not None else 0
        self.heights = RowHeights(map(self.estimate, range(rows)))

    def _start_at_end(self) -> None:
        self._estimate_all()
        self._settle(at_end=True)
        self.viewport().update()

    def _put_at_top(self, row: int, hidden: float) -> None:
        """Scroll so that of `row` the part `hidden`, from 0 to 1, is above what is in sight."""
        bar, sight = self.verticalScrollBar(), self.viewport().height()
        top = self.heights.top(row)
        # Only what has been measured tells how far the bar may go.
        self.heights.measure(row, top + 1, self._measure)
        value = top + round(hidden * self.heights.height(row))
        self.heights.measure(row, value + sight, self._measure)
        self._settling = True
        bar.setRange(0, max(0, self.heights.total - sight))
        bar.setValue(value)
        self._settling = False
        self._settle(at_end=False)

    def _settle(self, *, at_end: bool) -> None:
        """Measure what is in sight and set the scroll bar, so that nothing read moves."""
        bar, sight = self.verticalScrollBar(), self.viewport().height()
        if self._settling:
            return
        self._settling = True
        for _ in range(MOST_PASSES):
            value = max(0, self.heights.total - sight) if at_end else bar.value()
            first = self.heights.row_at(value)
            if first < 0:
                break
            anchor = self.heights.first_measured(first, value + sight)
            offset = self.heights.top(anchor) - value
            changed = self.heights.measure(first, value + sight, self._measure)
            bar.setRange(0, max(0, self.heights.total - sight))
            bar.setValue(bar.maximum() if at_end else self.heights.top(anchor) - offset)
            if changed is None:
                break
            # What stands above a row that grew moves as it is painted; where a row above what is
            # read was measured, that has stayed and everything else has moved.
            self._paint_from(changed if changed >= anchor else 0)
        bar.setRange(0, max(0, self.heights.total - sight))
        bar.setEnabled(bar.maximum() > 0)  # one that has nothing to scroll is not drawn
        bar.setPageStep(max(1, sight))
        bar.setSingleStep(max(1, sight // 12))
        self._settling = False

    def _paint_from(self, row: int) -> None:
        sight = self.viewport()
        top = max(0, self.heights.top(row) - self.verticalOffset())
        sight.update(0, top, sight.width(), sight.height() - top)

    def _model(self) -> QAbstractItemModel | None:
        """Return the model; Qt's type hint says there always is one."""
        return self.model()

    def _measure(self, row: int) -> int:
        option = self._option()
        option.rect = QRect(0, 0, self.viewport().width(), 0)
        return self.itemDelegate().sizeHint(option, self.row_index(row)).height()

    def _option(self) -> QStyleOptionViewItem:
        option = QStyleOptionViewItem()
        option.state = QStyle.StateFlag.State_Enabled
        return option

    def _rows_between(self, top: int, bottom: int) -> Iterator[int]:
        offset = self.verticalOffset()
        first = self.heights.row_at(top + offset)
        if first >= 0 and top + offset < self.heights.total:
            yield from range(first, self.heights.row_at(bottom + offset) + 1)
