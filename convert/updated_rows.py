"""Rows of one parameter after its adapter, in the base's own order, float32.

An update is computed in tiles that begin at fixed rows, so that a row has the same bits however
the tensor is cut into slabs.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from convert import foreign
from convert.errors import AdapterError
from convert.sources import Float32, SourceTensor, TensorReader
from convert.updates import LowRank, Update

TILE_ROWS: Final = 64
_NORM_ROWS: Final = 16 * TILE_ROWS


class UpdatedRows:
    """Computes rows of one parameter; the adapter's factors are read once.

    Raises:
        AdapterError: a plain update is all zeros: the module was not trained.
    """

    def __init__(
        self, reader: TensorReader, source: SourceTensor, update: Update | None = None
    ) -> None:
        self._reader = reader
        self._source = source
        self._update = update
        self._tokens: dict[int, Float32] = {}
        self._factors: tuple[Float32, Float32] | None = None
        self._magnitude: Float32 | None = None
        self._added: Float32 | None = None
        self._whole: Float32 | None = None
        if update is not None:
            self._prepare(update)

    def rows(self, first: int, last: int) -> Float32:
        """Return rows [first, last) as a fresh array (last - first, columns)."""
        if self._whole is not None:
            return self._whole[first:last].copy()
        block = self._started(first, last)
        low_rank = self._update.low_rank if self._update else None
        if low_rank is not None:
            self._add(block, first, last)
            if self._magnitude is not None:
                factor = self._magnitude if low_rank.embedding else self._per_row(block, first)
                block *= factor
        if self._added is not None:
            block += self._added[first:last]
        return block

    def _started(self, first: int, last: int) -> Float32:
        """Return the rows before any update is added."""
        block = self._reader.rows(self._source, first, last)
        for row in self._tokens.keys() & range(first, last) if self._tokens else ():
            block[row - first] = self._tokens[row]
        return block

    def _prepare(self, update: Update) -> None:
        if update.tokens is not None:
            values = self._reader.whole(update.tokens.values)
            self._tokens = dict(zip(update.tokens.indices, values, strict=True))
        if update.low_rank is not None:
            self._prepare_low_rank(update, update.low_rank)
        if update.added is not None:
            values = self._reader.whole(update.added.values) * np.float32(update.added.scale)
            self._added = values.reshape(-1, 1)
        if update.foreign is not None:
            shape = self._source.shape
            start = self._started(0, shape[0]).reshape(shape)
            parts = {name: self._reader.whole(one) for name, one in update.foreign.parts}
            if np.isfinite(start).all():  # PEFT's decompositions break on others
                start = foreign.merged(update.foreign, parts, start)
            self._whole = start.reshape(shape[0], -1)

    def _prepare_low_rank(self, update: Update, low_rank: LowRank) -> None:
        left, right = self._reader.whole(low_rank.left), self._reader.whole(low_rank.right)
        if low_rank.embedding:
            left, right = left.T, right.T
        if low_rank.magnitude is None and not (left.any() and right.any()):
            raise AdapterError("adapter_idle", path=low_rank.left.path, module=update.module)
        left = np.ascontiguousarray(left)
        self._factors = left, np.ascontiguousarray(right) * np.float32(low_rank.scale)
        if low_rank.magnitude is not None:
            magnitude = self._reader.whole(low_rank.magnitude)
            self._magnitude = magnitude / self._column_norms() if low_rank.embedding else magnitude

    def _add(self, block: Float32, first: int, last: int) -> None:
        """Add the low-rank product to rows [first, last), tile by tile."""
        assert self._factors is not None
        left, right = self._factors
        for begin in range(first - first % TILE_ROWS, last, TILE_ROWS):
            product = left[begin : begin + TILE_ROWS] @ right  # whole tiles, whatever is asked
            low, high = max(begin, first), min(begin + TILE_ROWS, last)
            block[low - first : high - first] += product[low - begin : high - begin]

    def _per_row(self, block: Float32, first: int) -> Float32:
        assert self._magnitude is not None
        norms = np.sqrt(np.square(block, dtype=np.float64).sum(axis=1))
        magnitude = self._magnitude[first : first + len(block)]
        factors: Float32 = (magnitude / norms).astype(np.float32).reshape(-1, 1)
        return factors

    def _column_norms(self) -> Float32:
        """Return the norm of every column of the whole sum, (columns,)."""
        rows = self._source.shape[0]
        squares = np.zeros(self._source.columns, np.float64)
        for first in range(0, rows, _NORM_ROWS):
            last = min(first + _NORM_ROWS, rows)
            block = self._started(first, last)
            self._add(block, first, last)
            squares += np.square(block, dtype=np.float64).sum(axis=0)
        norms: Float32 = np.sqrt(squares).astype(np.float32)
        return norms
