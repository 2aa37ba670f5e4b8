"""safetensors, read by rows: a header of JSON, then raw little-endian weights.

Format: https://github.com/huggingface/safetensors (8-byte header length, JSON, data).
Headers alone are enough to plan a conversion; `TensorReader` later reads row slabs, of these
files and of torch's own.
"""

from __future__ import annotations

import json
import math
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from convert.errors import BaseModelError, ReadFaultError
from convert.positioned import PositionedFile
from resources.system_errors import reason_of

Float32 = npt.NDArray[np.float32]

BYTES_PER_WEIGHT: Final = {"F32": 4, "F16": 2, "BF16": 2}
_HEADER_LIMIT: Final = 100_000_000
"""The reference implementation's own limit; a larger length means a damaged file."""


@dataclass(frozen=True, slots=True)
class SourceTensor:
    """Where one tensor lies. `shape` is row-major, `offset` counts bytes from the file start.

    `strides` count elements, None where they lie row after row; of a matrix or a vector only.
    """

    name: str
    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int
    strides: tuple[int, ...] | None = None

    @property
    def columns(self) -> int:
        """Weights in one row; a vector is a column of rows of one weight."""
        return math.prod(self.shape[1:])


def read_header(path: Path) -> dict[str, SourceTensor]:
    """Return the tensors of one safetensors file by name, without reading any weight.

    Raises:
        BaseModelError: missing, damaged or truncated file, or a dtype other than
            F32, F16, BF16; truncation names the tensor and both byte counts.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(_HEADER_LIMIT, size - 8):
                raise BaseModelError("tensors_damaged", path=path)
            header = json.loads(file.read(length))
    except FileNotFoundError:
        raise BaseModelError("file_missing", path=path) from None
    except OSError as error:
        raise BaseModelError("file_unreadable", path=path, reason=reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise BaseModelError("tensors_damaged", path=path) from error
    if not isinstance(header, dict):
        raise BaseModelError("tensors_damaged", path=path)
    header.pop("__metadata__", None)
    return {name: _entry(path, size, 8 + length, name, entry) for name, entry in header.items()}


def _entry(path: Path, size: int, start: int, name: str, entry: Any) -> SourceTensor:
    try:
        dtype = str(entry["dtype"])
        shape = tuple(int(length) for length in entry["shape"])
        first, last = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError) as error:
        raise BaseModelError("tensors_damaged", path=path) from error
    if dtype not in BYTES_PER_WEIGHT:
        known = ", ".join(BYTES_PER_WEIGHT)
        raise BaseModelError("dtype_unknown", path=path, tensor=name, dtype=dtype, known=known)
    if start + last > size:
        raise BaseModelError(
            "file_truncated", path=path, tensor=name, expected=start + last, found=size
        )
    if first < 0 or last - first != math.prod(shape) * BYTES_PER_WEIGHT[dtype]:
        raise BaseModelError("tensors_damaged", path=path)
    return SourceTensor(name, path, dtype, shape, start + first)


class TensorReader:
    """Reads rows of source tensors as float32; safe to use from several threads.

    `bytes_read` counts what was asked of the disk.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._files: dict[Path, PositionedFile] = {}
        self._lock = threading.Lock()
        self.bytes_read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def rows(self, tensor: SourceTensor, first: int, last: int) -> Float32:
        """Return rows [first, last) as a fresh float32 array (last - first, columns).

        Raises:
            ReadFaultError: the system cannot read it.
            BaseModelError: the file became shorter since its header was read.
        """
        count, columns = last - first, tensor.columns
        if tensor.strides is None:
            return self._elements(tensor, first * columns, count * columns).reshape(count, columns)
        return self._strided_rows(tensor, first, last)

    def whole(self, tensor: SourceTensor) -> Float32:
        """Return the whole tensor as float32 in its own shape; for small tensors."""
        return self.rows(tensor, 0, tensor.shape[0]).reshape(tensor.shape)

    def _strided_rows(self, tensor: SourceTensor, first: int, last: int) -> Float32:
        """Read row by row, or column by column where that is how the elements lie."""
        assert tensor.strides is not None
        down, across = (*tensor.strides, 1)[:2]
        out = np.empty((last - first, tensor.columns), np.float32)
        if down == 1 and across != 1:
            for column in range(tensor.columns):
                out[:, column] = self._elements(tensor, first + column * across, last - first)
            return out
        span = (tensor.columns - 1) * across + 1
        for row in range(first, last):
            out[row - first] = self._elements(tensor, row * down, span)[:: max(across, 1)]
        return out

    def _elements(self, tensor: SourceTensor, start: int, count: int) -> Float32:
        """Return `count` elements in the order they lie, from the `start`-th on, (count,)."""
        width = BYTES_PER_WEIGHT[tensor.dtype]
        begin, wanted = tensor.offset + start * width, count * width
        file = self._file(tensor.path)
        try:
            raw = file.read_at(begin, wanted)
        except OSError as error:  # else it would look like a fault of what is being written
            raise ReadFaultError(
                "tensor_unreadable",
                path=tensor.path,
                tensor=tensor.name,
                reason=reason_of(error),
            ) from error
        if len(raw) != wanted:
            raise BaseModelError(
                "file_truncated",
                path=tensor.path,
                tensor=tensor.name,
                expected=begin + wanted,
                found=begin + len(raw),
            )
        with self._lock:
            self.bytes_read += wanted
        return _to_float32(raw, tensor.dtype)

    def _file(self, path: Path) -> PositionedFile:
        with self._lock:
            if path not in self._files:
                try:
                    self._files[path] = self._stack.enter_context(PositionedFile(path))
                except OSError as error:
                    raise ReadFaultError(
                        "file_unreadable", path=path, reason=reason_of(error)
                    ) from error
            return self._files[path]


def _to_float32(raw: bytearray, dtype: str) -> Float32:
    if dtype == "F32":
        return np.frombuffer(raw, "<f4")
    if dtype == "F16":
        return np.frombuffer(raw, "<f2").astype(np.float32)
    bits = np.frombuffer(raw, "<u2").astype(np.uint32)
    bits <<= 16  # bfloat16 is the upper half of float32
    return bits.view(np.float32)
