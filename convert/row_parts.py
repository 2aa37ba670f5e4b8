"""Tensors that are a part of a source tensor: heads picked out of a fused projection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowPart:
    """Blocks of `block` rows: `run` of them side by side, again every `period`, from `offset`.

    Counted in blocks. W_pack stacks all query heads, then all key heads, then all value heads
    (one run); InternLM2's wqkv holds each key head's query heads, then that key, then its value.
    """

    block: int
    run: int
    period: int
    offset: int

    def ranges(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the source row ranges that make rows [first, last) of the part, in order."""
        begin = end = -1
        while first < last:
            number, within = divmod(first, self.block)
            start = self._source(number) * self.block + within
            count = min(self.block - within, last - first)
            if start != end:
                if end > begin:
                    yield begin, end
                begin = start
            end = start + count
            first += count
        if end > begin:
            yield begin, end

    def _source(self, number: int) -> int:
        turn, place = divmod(number, self.run)
        return turn * self.period + self.offset + place
