"""Tab goes through the parts of a page as one reads them, whatever order they were made in.

No widget here hands its focus to a part of itself (`setFocusProxy`): Qt 6.11 then leaves out what
stands between the two in the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QScrollArea, QWidget


def as_one_reads(page: QWidget) -> None:
    """Have Tab follow the layouts of `page`, hidden parts included."""
    for one, following in pairwise(stops(page)):
        QWidget.setTabOrder(one, following)


def stops(widget: QWidget) -> Iterator[QWidget]:
    """Yield what takes the keyboard in a widget, in the order of its layouts."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    inner = widget.widget() if isinstance(widget, QScrollArea) else widget
    layout = None if inner is None else inner.layout()
    if layout is not None:
        yield from _within(layout)


def _within(layout: QLayout) -> Iterator[QWidget]:
    items = [layout.itemAt(place) for place in range(layout.count())]
    if isinstance(layout, QGridLayout):
        items = [item for _, item in sorted(enumerate(items), key=partial(_place, layout))]
    for item in items:
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from stops(widget)
        elif inner is not None:
            yield from _within(inner)


def _place(grid: QGridLayout, numbered: tuple[int, object]) -> tuple[int, int]:
    """Return row and column of an item."""
    place = cast("tuple[int, int, int, int]", grid.getItemPosition(numbered[0]))
    return place[:2]
