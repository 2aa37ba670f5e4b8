"""The one pass: read rows, merge, quantise, write, each weight once.

Slabs depend on shapes alone and their places in the file are known, so threads finish in any
order and the bytes are the same for any number of them. Memory is a few slabs, whatever the
model's size.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from convert import ggml
from convert.errors import WeightError
from convert.memory import peak_resident_bytes
from convert.merge import MergedTensor, RowMerger
from convert.metadata import PlannedTensor
from convert.positioned import PositionedFile
from convert.sources import Float32, TensorReader
from convert.writer import output_errors

_SLAB_WEIGHTS: Final = 1 << 20
_FLOAT16_LIMIT: Final = 65504.0
"""Largest float16: the type of F16 weights and of every block's scale."""


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """What the pass cost: wall seconds, peak resident bytes, bytes asked of the disk."""

    seconds: float
    peak_rss_bytes: int | None
    bytes_read: int
    bytes_written: int


def stream(
    tensors: tuple[PlannedTensor, ...], part: Path, data_start: int, threads: int
) -> StreamFigures:
    """Fill the claimed `part` with every tensor, `data_start` bytes after its beginning.

    Raises:
        WeightError: NaN, infinity, or a value beyond float16.
        OutputError: the disk fills up after all.
    """
    started = time.perf_counter()
    library = ggml.load()
    size = data_start + sum(tensor.bytes for tensor in tensors)
    with (
        TensorReader() as reader,
        output_errors(part, size),
        PositionedFile(part, writable=True) as file,
    ):

        def convert(tensor: PlannedTensor, merger: RowMerger, first: int, last: int) -> None:
            block = merger.rows(first, last)
            _check_values(tensor, block, first)
            data = library.quantise(tensor.kind, block)
            offset = data_start + tensor.offset + first * tensor.row_bytes
            file.write_at(offset, data.data)

        with ThreadPoolExecutor(threads) as pool:
            pending: deque[Future[None]] = deque()
            try:
                for tensor in tensors:
                    merger = RowMerger(reader, tensor.merged)
                    for first, last in slabs(tensor.merged):
                        if len(pending) > threads:  # bounds memory to a few slabs
                            pending.popleft().result()
                        pending.append(pool.submit(convert, tensor, merger, first, last))
                while pending:
                    pending.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)
        return StreamFigures(
            seconds=time.perf_counter() - started,
            peak_rss_bytes=peak_resident_bytes(),
            bytes_read=reader.bytes_read,
            bytes_written=size,
        )


def slabs(tensor: MergedTensor) -> Iterator[tuple[int, int]]:
    """Yield row ranges of about a million weights, never parting rows that belong together."""
    whole = max(1, _SLAB_WEIGHTS // (tensor.columns * tensor.row_multiple)) * tensor.row_multiple
    if len(tensor.shape) == 1:
        whole = 1
    for first in range(0, tensor.rows, whole):
        yield first, min(first + whole, tensor.rows)


def _check_values(tensor: PlannedTensor, block: Float32, first: int) -> None:
    low, high = float(block.min()), float(block.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        row = first + int(np.argmin(np.isfinite(block).all(axis=1)))
        name = tensor.merged.name
        raise WeightError("weight_not_finite", path=_path(tensor), tensor=name, row=row)
    largest = max(-low, high)
    if tensor.kind is not ggml.TensorType.F32 and largest > _FLOAT16_LIMIT:
        raise WeightError(
            "weight_too_large",
            path=_path(tensor),
            tensor=tensor.merged.name,
            value=largest,
            limit=_FLOAT16_LIMIT,
        )


def _path(tensor: PlannedTensor) -> object:
    source = tensor.merged.source
    return source.path if not isinstance(source, tuple) else tensor.merged.name
