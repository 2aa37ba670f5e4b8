"""The one pass: read rows, merge, quantise, write, each weight once.

Slabs are computed by several threads and written in their order, so the file is hashed as it
grows and the bytes are the same for any number of threads and any size of slab. Memory is a few
slabs, whatever the model's size.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from convert import ggml
from convert.culprit import culprit
from convert.errors import WeightError
from convert.journal import Journal
from convert.memory import peak_resident_bytes
from convert.merge import MergedTensor, RowMerger
from convert.metadata import PlannedTensor, padded
from convert.output_errors import output_errors
from convert.positioned import PositionedFile
from convert.progress import Ticker
from convert.sources import Float32, TensorReader
from convert.updated_rows import TILE_ROWS
from resources.crash_points import crash_point

SLAB_WEIGHTS: Final = 1 << 19
_READ_BACK: Final = 1 << 20
_LARGEST: Final = {
    ggml.TensorType.F32: math.inf,
    ggml.TensorType.BF16: 3.3895e38,
}
_FLOAT16_LIMIT: Final = 65504.0
"""Largest float16: the type of F16 weights and of every block's scale."""


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """What the pass cost: wall seconds, peak resident bytes, bytes asked of the disk.

    `resumed_bytes` were there already; `sha256` is the file's, `tensors` the tensors' by name.
    """

    seconds: float
    peak_rss_bytes: int | None
    bytes_read: int
    bytes_written: int
    resumed_bytes: int
    sha256: str
    tensors: dict[str, str]


def stream(
    tensors: Sequence[PlannedTensor],
    part: Path,
    journal: Journal,
    threads: int,
    slab_weights: int = SLAB_WEIGHTS,
) -> StreamFigures:
    """Fill the claimed `part`, whose header is written, with every tensor the journal lacks.

    Raises:
        WeightError: NaN, infinity, or a value beyond the type's range.
        OutputError: the disk fills up after all.
    """
    started = time.perf_counter()
    size = part.stat().st_size
    with (
        TensorReader() as reader,
        output_errors(part, size),
        PositionedFile(part, writable=True) as file,
    ):
        output = _Output(file, journal, size - _data_bytes(tensors), size)
        left = output.resume(tensors)
        resumed = output.place
        with ThreadPoolExecutor(threads) as pool:
            pending: deque[_Slab] = deque()
            try:
                for tensor in tensors[left:]:
                    with _checked_later():
                        merger = RowMerger(reader, tensor.merged)
                    for first, last in slabs(tensor.merged, slab_weights):
                        if len(pending) > threads:  # bounds memory to a few slabs
                            output.take(pending.popleft())
                        done = pool.submit(_quantised, reader, tensor, merger, first, last)
                        pending.append(_Slab(tensor, last, done))
                while pending:
                    output.take(pending.popleft())
            finally:
                pool.shutdown(cancel_futures=True)
        return StreamFigures(
            seconds=time.perf_counter() - started,
            peak_rss_bytes=peak_resident_bytes(),
            bytes_read=reader.bytes_read + resumed,
            bytes_written=size - resumed,
            resumed_bytes=resumed - output.header,
            sha256=output.sha256,
            tensors=output.tensors,
        )


def slabs(tensor: MergedTensor, weights: int = SLAB_WEIGHTS) -> Iterator[tuple[int, int]]:
    """Yield row ranges of about `weights`, never parting rows that belong together."""
    together = math.lcm(TILE_ROWS, tensor.row_multiple)
    whole = max(1, weights // (tensor.columns * together)) * together
    if len(tensor.shape) == 1:
        whole = 1
    for first in range(0, tensor.rows, whole):
        yield first, min(first + whole, tensor.rows)


@dataclass(frozen=True, slots=True)
class _Slab:
    """Rows of a tensor up to `last`, being computed."""

    tensor: PlannedTensor
    last: int
    data: Future[npt.NDArray[np.uint8]]


class _Output:
    """Writes what is computed in the file's order, hashes it, and keeps the journal."""

    def __init__(self, file: PositionedFile, journal: Journal, header: int, size: int) -> None:
        self.header = self.place = header
        self.tensors: dict[str, str] = {}
        self._file = file
        self._journal = journal
        self._whole = hashlib.sha256(file.read_at(0, header))
        self._tensor = hashlib.sha256()
        self._ticker = Ticker(size)

    @property
    def sha256(self) -> str:
        """The file's hash so far, in hex."""
        return self._whole.hexdigest()

    def resume(self, tensors: Sequence[PlannedTensor]) -> int:
        """Take over every leading tensor whose bytes are as the journal says; return how many."""
        finished = self._journal.finished()
        for count, tensor in enumerate(tensors):
            expected = finished.get(tensor.merged.name)
            if expected is None:
                return count
            before = self._whole.copy(), self.place
            if self._read_back(tensor) != expected:
                self._whole, self.place = before
                return count
            self.tensors[tensor.merged.name] = expected
            self._pad(tensor)
            self._ticker.tick(self.place, tensor.merged.name)
        return len(tensors)

    def take(self, slab: _Slab) -> None:
        """Write a slab once it is computed; the tensor's last one finishes it."""
        data = slab.data.result().data
        self._file.write_at(self.place, data)
        self._whole.update(data)
        self._tensor.update(data)
        self.place += len(data)
        self._ticker.tick(self.place, slab.tensor.merged.name)
        crash_point("stream.slab_written")
        if slab.last == slab.tensor.merged.rows:
            name = slab.tensor.merged.name
            self.tensors[name] = self._tensor.hexdigest()
            self._tensor = hashlib.sha256()
            self._pad(slab.tensor)
            self._journal.add(name, self.tensors[name])
            crash_point("stream.tensor_written")

    def _read_back(self, tensor: PlannedTensor) -> str:
        digest = hashlib.sha256()
        for begin in range(0, tensor.bytes, _READ_BACK):
            data = self._file.read_at(self.place + begin, min(_READ_BACK, tensor.bytes - begin))
            digest.update(data)
            self._whole.update(data)
        self.place += tensor.bytes
        return digest.hexdigest()

    def _pad(self, tensor: PlannedTensor) -> None:
        """Step over the zeros the claimed file already holds."""
        gap = padded(tensor.bytes) - tensor.bytes
        self._whole.update(bytes(gap))
        self.place += gap


def _data_bytes(tensors: Sequence[PlannedTensor]) -> int:
    return sum(padded(tensor.bytes) for tensor in tensors)


def _checked_later() -> np.errstate:
    """Say nothing of values that are no numbers; `_check_values` has a sentence for them."""
    return np.errstate(all="ignore")


def _quantised(
    reader: TensorReader, tensor: PlannedTensor, merger: RowMerger, first: int, last: int
) -> npt.NDArray[np.uint8]:
    with _checked_later():
        block = merger.rows(first, last)
        _check_values(reader, tensor, block, first)
    return ggml.load().quantise(tensor.kind, block)


def _check_values(reader: TensorReader, tensor: PlannedTensor, block: Float32, first: int) -> None:
    low, high = float(block.min()), float(block.max())
    finite = math.isfinite(low) and math.isfinite(high)
    largest, limit = max(-low, high), _LARGEST.get(tensor.kind, _FLOAT16_LIMIT)
    if finite and largest <= limit:
        return
    name = tensor.merged.name
    found = culprit(reader, tensor.merged, first, first + len(block), limit if finite else math.inf)
    named = {
        "path": found.path if found else name,
        "tensor": found.tensor if found else name,
        "weight": name,
    }
    if finite:
        raise WeightError(
            "weight_too_large", **named, value=largest, limit=limit, kind=tensor.kind.name
        )
    key = "update_not_finite" if found and found.update else "weight_not_finite"
    wrong = int(np.count_nonzero(~np.isfinite(block)))
    raise WeightError(
        key,
        **named,
        row=found.row if found else first,
        wrong=found.wrong if found else wrong,
        total=found.values if found else block.size,
    )
