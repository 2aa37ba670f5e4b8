"""Rows of the merged model: base rows + adapter rows, in the GGUF's order, all in float32.

Every step is local to a block of rows, so nothing ever needs a whole tensor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convert.adapter import Delta
from convert.arch.spec import RowOrder
from convert.sources import Float32, SourceTensor, TensorReader


@dataclass(frozen=True, slots=True)
class MergedTensor:
    """One tensor of the merged model, not read yet.

    `source` is a tensor on disk or, for rotary factors, the values themselves.
    `row_multiple`: how many rows belong together (a head, where rows are reordered).
    """

    name: str
    shape: tuple[int, ...]
    source: SourceTensor | tuple[float, ...]
    delta: Delta | None = None
    order: RowOrder = RowOrder.AS_IS
    row_multiple: int = 1

    @property
    def rows(self) -> int:
        """Rows of the matrix; a vector is a single row."""
        return self.shape[0] if len(self.shape) > 1 else 1

    @property
    def columns(self) -> int:
        """Weights in one row as the GGUF stores it."""
        return self.shape[-1]

    @property
    def weights(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)


class RowMerger:
    """Computes rows of one merged tensor; the adapter's factors are read once."""

    def __init__(self, reader: TensorReader, tensor: MergedTensor) -> None:
        self._reader = reader
        self._tensor = tensor
        self._factors = tensor.delta.factors(reader) if tensor.delta else None

    def rows(self, first: int, last: int) -> Float32:
        """Return rows [first, last) of the merged tensor, (last - first, columns).

        `first` and `last` are multiples of the tensor's `row_multiple` or its row count.
        """
        tensor = self._tensor
        if isinstance(tensor.source, tuple):
            return np.array([tensor.source], np.float32)
        if len(tensor.shape) == 1:
            values = self._reader.rows(tensor.source, 0, tensor.shape[0])  # (n, 1)
            return self._ordered(values).reshape(1, -1)
        block = self._reader.rows(tensor.source, first, last)  # (rows, columns)
        if self._factors is not None:
            left, right = self._factors
            block += left[first:last] @ right
        return self._ordered(block)

    def all(self) -> Float32:
        """Return the whole tensor in its own shape."""
        return self.rows(0, self._tensor.rows).reshape(self._tensor.shape)

    def _ordered(self, block: Float32) -> Float32:
        if self._tensor.order is RowOrder.AS_IS:
            return block
        head = self._tensor.row_multiple
        halves = block.reshape(-1, 2, head // 2, block.shape[1])  # (heads, 2, d/2, columns)
        return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(block.shape)
