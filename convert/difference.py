"""What sets two GGUF files apart, for `soulchat-convert diff`: metadata, types, values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import gguf
import gguf.quants
import numpy as np

from convert.errors import VerificationError

_ROWS_AT_ONCE: Final = 256
_LONGEST_SHOWN: Final = 16


def compare_files(one: Path, other: Path) -> dict[str, Any]:
    """Return what differs: metadata keys, tensors that one of them lacks, tensors of other bytes.

    A differing tensor comes with both types and, where the shapes agree, the squared error of
    the second over the square of the first (NMSE).

    Raises:
        VerificationError: a file is missing or no GGUF.
    """
    first, second = _opened(one), _opened(other)
    ours = {tensor.name: tensor for tensor in first.tensors}
    theirs = {tensor.name: tensor for tensor in second.tensors}
    equal, differing = 0, []
    for name in ours.keys() & theirs.keys():
        left, right = ours[name], theirs[name]
        if left.tensor_type == right.tensor_type and np.array_equal(left.data, right.data):
            equal += 1
        else:
            differing.append({"tensor": name} | _tensor_difference(left, right))
    return {
        "metadata": _metadata_differences(first, second),
        "only_in_first": sorted(ours.keys() - theirs.keys()),
        "only_in_second": sorted(theirs.keys() - ours.keys()),
        "equal_tensors": equal,
        "differing_tensors": sorted(differing, key=lambda one: str(one["tensor"])),
    }


def _opened(path: Path) -> gguf.GGUFReader:
    try:
        return gguf.GGUFReader(path)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise VerificationError("not_gguf", path=path) from error


def _metadata_differences(first: gguf.GGUFReader, second: gguf.GGUFReader) -> list[dict[str, Any]]:
    """Return every key whose value differs; a long value is named, not shown."""
    left, right = ({key: one.contents() for key, one in f.fields.items()} for f in (first, second))
    return [
        {"key": key, "first": _shown(left.get(key)), "second": _shown(right.get(key))}
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key)
    ]


def _shown(value: Any) -> Any:
    return "…" if isinstance(value, (str, list)) and len(value) > _LONGEST_SHOWN else value


def _tensor_difference(left: Any, right: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "first": left.tensor_type.name,
        "second": right.tensor_type.name,
        "nmse": None,
    }
    if tuple(left.shape) != tuple(right.shape):
        return found | {"first_shape": left.shape.tolist(), "second_shape": right.shape.tolist()}
    rows = left.data.shape[0] if left.data.ndim > 1 else 1
    sides = [(one.data.reshape(rows, -1), one.tensor_type) for one in (left, right)]
    error = square = 0.0
    for begin in range(0, rows, _ROWS_AT_ONCE):
        a, b = (
            gguf.quants.dequantize(data[begin : begin + _ROWS_AT_ONCE], kind)
            for data, kind in sides
        )
        error += float(np.square(a - b, dtype=np.float64).sum())
        square += float(np.square(a, dtype=np.float64).sum())
    return found | {"nmse": error / square if square else None}
