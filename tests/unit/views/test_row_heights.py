from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.views.row_heights import RowHeights

ESTIMATES = st.lists(st.integers(1, 200), min_size=1, max_size=60)


def test_no_rows_take_no_room() -> None:
    heights = RowHeights()
    assert heights.total == 0
    assert heights.row_at(0) == -1


@given(ESTIMATES)
def test_rows_follow_each_other_without_a_gap(estimates: list[int]) -> None:
    heights = RowHeights(estimates)
    for row in range(len(estimates) - 1):
        assert heights.top(row) + heights.height(row) == heights.top(row + 1)
    assert heights.total == sum(estimates)


@given(ESTIMATES, st.integers(-50, 20_000))
def test_a_row_is_found_where_it_stands(estimates: list[int], y: int) -> None:
    heights = RowHeights(estimates)
    row = heights.row_at(y)
    inside = min(max(y, 0), heights.total - 1)
    assert heights.top(row) <= inside < heights.top(row) + heights.height(row)


def test_only_rows_in_sight_are_measured() -> None:
    heights = RowHeights([10] * 1000)
    asked: list[int] = []

    def height_of(row: int) -> int:
        asked.append(row)
        return 20

    assert heights.measure(500, heights.top(500) + 100, height_of)
    assert asked == [500, 501, 502, 503, 504]


def test_a_row_is_measured_once_until_it_changes() -> None:
    heights = RowHeights([10])
    assert heights.measure(0, 100, lambda _row: 30) == 0
    assert heights.measure(0, 100, lambda _row: pytest.fail("measured again")) is None
    heights.forget(0)
    assert heights.measure(0, 100, lambda _row: 40) == 0
    assert heights.total == 40


def test_rows_come_and_go_at_the_end() -> None:
    heights = RowHeights([10, 10])
    heights.append(5)
    assert heights.total == 25
    heights.cut(1)
    assert (len(heights), heights.total) == (1, 10)
