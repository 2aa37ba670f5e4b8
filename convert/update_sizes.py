"""How much an adapter changes, so that a module it was to train and did not is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from convert.errors import AdapterError
from convert.merge import MergedTensor
from convert.sources import SourceTensor, TensorReader
from convert.updated_rows import UpdatedRows

_ROWS_AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class UpdateSizes:
    """‖Δ‖ / ‖W‖ over `parameters` changed ones, by the rows looked at: smallest and largest."""

    parameters: int
    smallest: float
    largest: float


def measure_updates(tensors: Sequence[MergedTensor]) -> UpdateSizes:
    """Compare every changed parameter with where it started, in rows until a change shows.

    Raises:
        AdapterError: a parameter the adapter was to change is the same in every row.
    """
    ratios: dict[str, float] = {}
    with TensorReader() as reader:
        for tensor in tensors:
            update, source = tensor.update, tensor.source
            if update is None or not isinstance(source, SourceTensor):
                continue
            if update.parameter not in ratios:  # a fused one serves several tensors
                rows = UpdatedRows(reader, source, update)
                ratios[update.parameter] = _ratio(reader, source, rows)
                if ratios[update.parameter] == 0.0:
                    raise AdapterError("adapter_idle", path=update.path, module=update.module)
    values = ratios.values()
    return UpdateSizes(len(ratios), min(values), max(values))


def _ratio(reader: TensorReader, source: SourceTensor, updated: UpdatedRows) -> float:
    """Return ‖Δ‖ / ‖W‖ over the first rows in which there is a difference."""
    for first in range(0, source.shape[0], _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE, source.shape[0])
        start = reader.rows(source, first, last)
        change = updated.rows(first, last) - start
        if change.any():
            size = float(np.linalg.norm(start))
            return float(np.linalg.norm(change)) / (size or 1.0)
    return 0.0
