"""Rows of the merged model: base rows + adapter rows, in the GGUF's order, all in float32.

Every step is local to a block of rows, so nothing ever needs a whole tensor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convert.arch.spec import RowOrder
from convert.row_parts import RowPart
from convert.sources import Float32, SourceTensor, TensorReader
from convert.updated_rows import UpdatedRows
from convert.updates import Update
from convert.value_forms import ValueForm


@dataclass(frozen=True, slots=True)
class MergedTensor:
    """One tensor of the merged model, not read yet.

    `source` is a tensor on disk (of the base, or one the adapter saved in its place) or, for
    rotary factors, the values themselves; `update` is added to it.
    `row_multiple`: how many rows belong together (a head, where rows are reordered).
    `part`: which rows of the source it is, where it is not all of them.
    """

    name: str
    shape: tuple[int, ...]
    source: SourceTensor | tuple[float, ...]
    update: Update | None = None
    order: RowOrder = RowOrder.AS_IS
    row_multiple: int = 1
    part: RowPart | None = None
    form: ValueForm = ValueForm.AS_IS

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
        self._tensor = tensor
        self._rows: UpdatedRows | None = None
        if isinstance(tensor.source, SourceTensor):
            self._rows = UpdatedRows(reader, tensor.source, tensor.update)

    def rows(self, first: int, last: int) -> Float32:
        """Return rows [first, last) of the merged tensor, (last - first, columns).

        `first` and `last` are multiples of the tensor's `row_multiple` or its row count.
        """
        tensor = self._tensor
        if self._rows is None:
            return np.array([tensor.source], np.float32)
        if len(tensor.shape) == 1:
            values = self._picked(self._rows, 0, tensor.shape[0])  # (n, 1)
            return tensor.form.of(self._ordered(values)).reshape(1, -1)
        return tensor.form.of(self._ordered(self._picked(self._rows, first, last)))

    def all(self) -> Float32:
        """Return the whole tensor in its own shape."""
        return self.rows(0, self._tensor.rows).reshape(self._tensor.shape)

    def _picked(self, source: UpdatedRows, first: int, last: int) -> Float32:
        """Return rows of the tensor in the source's order, wherever they lie in the source."""
        part = self._tensor.part
        if part is None:
            return source.rows(first, last)
        return np.concatenate([source.rows(*span) for span in part.ranges(first, last)])

    def _ordered(self, block: Float32) -> Float32:
        if self._tensor.order is RowOrder.AS_IS:
            return block
        head = self._tensor.row_multiple
        halves = block.reshape(-1, 2, head // 2, block.shape[1])  # (heads, 2, d/2, columns)
        return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(block.shape)
