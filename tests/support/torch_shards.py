"""Writes `.bin` shards as torch does since 1.6, without torch: a pickle's opcodes by hand."""

from __future__ import annotations

import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.tiny_base import Array

STORAGES = {"F32": "FloatStorage", "F16": "HalfStorage", "BF16": "BFloat16Storage"}


def write_shard(
    path: Path,
    tensors: Mapping[str, Array],
    dtype: str = "F32",
    *,
    transposed: frozenset[str] = frozenset(),
    pickled: bytes | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> None:
    """Write tensors into one shard; those in `transposed` as views of their transpose."""
    blobs = {}
    for key, (name, values) in enumerate(tensors.items()):
        lying = np.ascontiguousarray(values.T) if name in transposed else values
        blobs[str(key)] = encoded(lying, dtype)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("m/data.pkl", pickled or state_dict(tensors, dtype, transposed))
        archive.writestr("m/byteorder", b"little")
        for key, blob in blobs.items():
            archive.writestr(f"m/data/{key}", blob)
        archive.writestr("m/version", b"3\n")


def encoded(values: Array, dtype: str) -> bytes:
    if dtype == "BF16":
        return (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    return values.astype({"F16": "<f2", "F32": "<f4"}[dtype]).tobytes()


def state_dict(
    tensors: Mapping[str, Array], dtype: str, transposed: frozenset[str] = frozenset()
) -> bytes:
    """Return the pickle of an OrderedDict of tensors."""
    items = b"("
    for key, (name, values) in enumerate(tensors.items()):
        items += _value(name) + _tensor(str(key), values, dtype, turned=name in transposed)
    return b"\x80\x02" + call("collections", "OrderedDict", b")") + items + b"u."


def call(module: str, name: str, arguments: bytes) -> bytes:
    """Return the opcodes that call a global with a tuple of arguments."""
    return b"c" + f"{module}\n{name}\n".encode() + arguments + b"R"


def _tensor(key: str, values: Array, dtype: str, *, turned: bool) -> bytes:
    strides = tuple(int(n) // 4 for n in np.empty(values.shape, np.float32).strides)
    if turned:
        strides = (1, values.shape[0])
    storage = (
        b"("
        + _value("storage")
        + b"c"
        + f"torch\n{STORAGES[dtype]}\n".encode()
        + _value(key)
        + _value("cpu")
        + _value(values.size)
        + b"tQ"
    )
    return call(
        "torch._utils",
        "_rebuild_tensor_v2",
        b"("
        + storage
        + _value(0)
        + _value(tuple(values.shape))
        + _value(strides)
        + b"\x89"
        + call("collections", "OrderedDict", b")")
        + b"t",
    )


def _value(value: Any) -> bytes:
    """Return the opcodes of a string, number or tuple of numbers, without memo numbers."""
    if isinstance(value, tuple):
        return b"(" + b"".join(map(_value, value)) + b"t"
    if isinstance(value, str):
        raw = value.encode()
        return pickle.BINUNICODE + len(raw).to_bytes(4, "little") + raw
    return pickle.BININT + value.to_bytes(4, "little")
