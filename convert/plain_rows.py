"""Rows of the merged model a second time, by the plain formula, as the judge of the fast one.

Whole rows in float64, one place of the source for each row of the file: no slabs, no tiles, no
blocks of heads. It shares the reading of files with `merge`, and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from convert.arch.spec import RowOrder
from convert.merge import MergedTensor
from convert.sources import Float32, SourceTensor, TensorReader
from convert.updates import LowRank
from convert.value_forms import ValueForm

Float64 = npt.NDArray[np.float64]

_ROWS_AT_ONCE: Final = 4096


class PlainRows:
    """W, its trained rows in place, + s · B · A, scaled to DoRA's norms, in the file's order.

    What only PEFT computes (`Update.foreign`) has no formula here.
    """

    def __init__(self, reader: TensorReader, tensor: MergedTensor) -> None:
        self._reader = reader
        self._tensor = tensor
        self._update = tensor.update
        assert tensor.update is None or tensor.update.foreign is None
        self._factors: tuple[Float64, Float64] | None = None
        if tensor.update is not None and (low_rank := tensor.update.low_rank) is not None:
            left, right = self._read(low_rank.left), self._read(low_rank.right)
            left, right = (left.T, right.T) if low_rank.embedding else (left, right)
            self._factors = left, low_rank.scale * right

    def rows(self, first: int, last: int) -> Float32:
        """Return rows [first, last) of the merged tensor, (last - first, columns)."""
        tensor = self._tensor
        if isinstance(tensor.source, tuple):
            return np.array([tensor.source], np.float32)
        vector = len(tensor.shape) == 1
        places = range(tensor.shape[0]) if vector else range(first, last)
        values = self._merged(tensor.source, np.array([self._source_row(i) for i in places]))
        if tensor.form is ValueForm.PLUS_ONE:
            values = values + 1.0
        if tensor.form is ValueForm.UNIT_ROWS:
            lengths = np.sqrt((values * values).sum(axis=1, keepdims=True))
            values = values / np.maximum(lengths, 1e-12)
        return (values.reshape(1, -1) if vector else values).astype(np.float32)

    def _source_row(self, row: int) -> int:
        """Return which row of the source becomes this row of the file."""
        tensor = self._tensor
        if tensor.order is RowOrder.ROTARY_PAIRS:  # (x_0, x_d/2, x_1, x_d/2+1, ...) of each head
            head, place = divmod(row, tensor.row_multiple)
            pair, half = divmod(place, 2)
            row = head * tensor.row_multiple + half * (tensor.row_multiple // 2) + pair
        if tensor.part is None:
            return row
        head, place = divmod(row, tensor.part.block)
        turn, within = divmod(head, tensor.part.run)
        source_head = turn * tensor.part.period + tensor.part.offset + within
        return source_head * tensor.part.block + place

    def _merged(self, source: SourceTensor, rows: npt.NDArray[Any]) -> Float64:
        values = self._started(source, rows)
        if self._factors is not None:
            values = values + self._factors[0][rows] @ self._factors[1]
        low_rank = self._update.low_rank if self._update else None
        if low_rank is not None and low_rank.magnitude is not None:
            values = values * self._shares(low_rank, source, values, rows)
        if self._update is not None and (added := self._update.added) is not None:
            values = values + added.scale * self._read(added.values)[rows].reshape(-1, 1)
        return values

    def _started(self, source: SourceTensor, rows: npt.NDArray[Any]) -> Float64:
        """Return rows before any update is added; trained rows stand in their places."""
        low = int(rows.min())
        block = self._reader.rows(source, low, int(rows.max()) + 1)
        values: Float64 = block[rows - low].astype(np.float64)
        if self._update is not None and (tokens := self._update.tokens) is not None:
            trained = self._read(tokens.values)
            for place, row in enumerate(rows):
                if row in tokens.indices:
                    values[place] = trained[tokens.indices.index(int(row))]
        return values

    def _shares(
        self, low_rank: LowRank, source: SourceTensor, values: Float64, rows: npt.NDArray[Any]
    ) -> Float64:
        """Return what DoRA multiplies by: magnitude over norm, of each row or each column."""
        assert low_rank.magnitude is not None
        assert self._factors is not None
        magnitude = self._read(low_rank.magnitude)
        if not low_rank.embedding:
            norms = np.sqrt((values * values).sum(axis=1))
            shares: Float64 = (magnitude[rows] / norms).reshape(-1, 1)
            return shares
        squares = np.zeros(source.columns)
        for begin in range(0, source.shape[0], _ROWS_AT_ONCE):
            every = np.arange(begin, min(begin + _ROWS_AT_ONCE, source.shape[0]))
            whole = self._started(source, every) + self._factors[0][every] @ self._factors[1]
            squares += (whole * whole).sum(axis=0)
        return magnitude / np.sqrt(squares)

    def _read(self, tensor: SourceTensor) -> Float64:
        values: Float64 = self._reader.whole(tensor).astype(np.float64)
        return values
