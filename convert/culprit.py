"""Who brought a value that cannot be stored: the base, or what its adapter does to it.

The two are looked at apart, in the source's own rows, so that what is named is a file and a
tensor that a person can find there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from convert.merge import MergedTensor
from convert.sources import Float32, SourceTensor, TensorReader
from convert.updated_rows import UpdatedRows
from convert.updates import Update

_COUNTED_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Culprit:
    """`tensor` of the file at `path`; `row` counts in the weight, whose start or `update` it is.

    `wrong` of `values` are no finite numbers: of the tensor where the base brought them, of the
    row where an update did.
    """

    path: Path
    tensor: str
    row: int
    update: bool
    wrong: int
    values: int


def culprit(
    reader: TensorReader, tensor: MergedTensor, first: int, last: int, limit: float
) -> Culprit | None:
    """Return who made a value of rows [first, last) no number, or one beyond `limit`.

    None where the tensor comes from no file.
    """
    source, update = tensor.source, tensor.update
    if not isinstance(source, SourceTensor):
        return None
    merged = UpdatedRows(reader, source, update)
    for begin, end in _source_rows(tensor, first, last):
        wrong = _wrong(tensor, merged.rows(begin, end), limit)
        if wrong.any():
            place = int(wrong.any(axis=1).argmax())
            return _brought(reader, tensor, source, begin + place, wrong[place], limit)
    return None


def _brought(
    reader: TensorReader,
    tensor: MergedTensor,
    source: SourceTensor,
    row: int,
    wrong: npt.NDArray[np.bool_],
    limit: float,
) -> Culprit:
    """Say who brought the wrong values of one row of the source."""
    update = tensor.update
    if update is None:
        return _of_base(reader, source, row)
    if update.tokens is None or row not in update.tokens.indices:
        start = reader.rows(source, row, row + 1)
        if (_wrong(tensor, start, limit) & wrong).any():
            return _of_base(reader, source, row)
    part = max(_parts(update), key=partial(_largest, reader))
    low_rank = update.low_rank
    if low_rank is not None and low_rank.embedding and math.isfinite(_largest(reader, part)):
        # DoRA's norms are then of whole columns, and another row may have spoilt them.
        for other in range(source.shape[0]):
            if not np.isfinite(reader.rows(source, other, other + 1)).all():
                return _of_base(reader, source, other)
    return Culprit(
        part.path, part.name, row, update=True, wrong=int(wrong.sum()), values=wrong.size
    )


def _of_base(reader: TensorReader, source: SourceTensor, row: int) -> Culprit:
    """Name a row of the base, and count in its whole tensor, a few rows at a time."""
    count, at_once = source.shape[0], max(1, _COUNTED_AT_ONCE // source.columns)
    wrong = sum(
        int((~np.isfinite(reader.rows(source, begin, min(begin + at_once, count)))).sum())
        for begin in range(0, count, at_once)
    )
    values = count * source.columns
    return Culprit(source.path, source.name, row, update=False, wrong=wrong, values=values)


def _source_rows(tensor: MergedTensor, first: int, last: int) -> Iterator[tuple[int, int]]:
    if len(tensor.shape) == 1:
        first, last = 0, tensor.shape[0]
    if tensor.part is None:
        yield first, last
    else:
        yield from tensor.part.ranges(first, last)


def _wrong(tensor: MergedTensor, block: Float32, limit: float) -> npt.NDArray[np.bool_]:
    """Tell of each value, in the form the output has it in, whether it cannot be stored."""
    values = tensor.form.of(block)
    wrong: npt.NDArray[np.bool_] = ~np.isfinite(values) | (np.abs(values) > limit)
    return wrong


def _largest(reader: TensorReader, part: SourceTensor) -> float:
    """Return the largest value of an update's part; infinity where one is no number."""
    values = np.abs(reader.whole(part))
    return float(values.max(initial=0.0)) if np.isfinite(values).all() else math.inf


def _parts(update: Update) -> Iterator[SourceTensor]:
    if update.tokens is not None:
        yield update.tokens.values
    if update.low_rank is not None:
        yield from (update.low_rank.left, update.low_rank.right)
        if update.low_rank.magnitude is not None:
            yield update.low_rank.magnitude
    if update.added is not None:
        yield update.added.values
    if update.foreign is not None:
        yield from (part for _, part in update.foreign.parts)
