"""Where each of very many rows stands, when only the rows seen so far have been measured.

A row has an estimated height until it is measured. 5,000 rows are summed in well under a
millisecond, so tops are simply computed anew after a change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate


class RowHeights:
    """Heights and tops of rows, in pixels."""

    def __init__(self, estimates: Iterable[int] = ()) -> None:
        self._heights = list(estimates)
        self._measured = [False] * len(self._heights)
        self._tops: list[int] | None = None

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> int:
        """Height of all rows together."""
        return self._all_tops()[-1]

    def top(self, row: int) -> int:
        """Return where a row begins."""
        return self._all_tops()[row]

    def height(self, row: int) -> int:
        """Return a row's height, measured or estimated."""
        return self._heights[row]

    def row_at(self, y: int) -> int:
        """Return the row that covers `y`; the nearest one outside; -1 when there are none."""
        last = len(self._heights) - 1
        return min(last, max(0, bisect_right(self._all_tops(), y) - 1))

    def append(self, estimate: int) -> None:
        """Add a row at the end."""
        self._heights.append(estimate)
        self._measured.append(False)
        self._tops = None

    def cut(self, length: int) -> None:
        """Keep the first `length` rows."""
        del self._heights[length:], self._measured[length:]
        self._tops = None

    def forget(self, row: int) -> None:
        """Have a row measured again when it is next needed."""
        self._measured[row] = False

    def first_measured(self, first: int, bottom: int) -> int:
        """Return the first measured row between `first` and `bottom`; `first` when none is."""
        beyond = self.row_at(bottom - 1) + 1
        return next((row for row in range(first, beyond) if self._measured[row]), first)

    def measure(self, first: int, bottom: int, height_of: Callable[[int], int]) -> int | None:
        """Measure rows from `first` on until one ends at or beyond `bottom`.

        Returns:
            The first row whose height changed; None when none did.
        """
        changed = None
        y = self.top(first)
        for row in range(first, len(self._heights)):
            if y >= bottom:
                break
            if not self._measured[row]:
                self._measured[row] = True
                height = height_of(row)
                if height != self._heights[row]:
                    self._heights[row] = height
                    self._tops = None
                    changed = row if changed is None else changed
            y += self._heights[row]
        return changed

    def _all_tops(self) -> list[int]:
        if self._tops is None:
            self._tops = list(accumulate(self._heights, initial=0))
        return self._tops
