"""The header of a written GGUF, read back: what it says of itself, and where its tensors lie.

Format: ggml/docs/gguf.md. gguf's own reader makes objects of every string: for a vocabulary of
150,000 tokens half a gigabyte of memory and many seconds. Here long lists are stepped over.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from convert.errors import VerificationError
from convert.reading import reading

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_ALIGNMENT: Final = 32
"""Where `general.alignment` says nothing."""
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final = {
    number: struct.Struct(f"<{code}")
    for number, code in enumerate(("B", "b", "H", "h", "I", "i", "f", "?", "", "", "Q", "q", "d"))
    if code
}
_COUNT: Final = struct.Struct("<Q")
_SHORT: Final = struct.Struct("<I")
_LONGEST_LIST: Final = 16


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One entry: `kind` as `enum ggml_type`, `shape` row-major, `offset` from where data begins."""

    kind: int
    shape: tuple[int, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """`metadata` without its long lists; `tensors` by name; `data` is where their bytes begin."""

    metadata: Mapping[str, Any]
    tensors: Mapping[str, StoredTensor]
    data: int


def read_gguf_header(path: Path) -> GgufHeader:
    """Read what stands before the tensors' bytes.

    Raises:
        VerificationError: no such file, or no intact header.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).header()
    except (OSError, ValueError, KeyError, ArithmeticError, RecursionError, struct.error) as error:
        raise VerificationError("not_gguf", path=path) from error


def first_difference(one: bytes, path: Path) -> str | None:
    """Return the first field in which a file does not begin with the header `one`, if any.

    A field that is a long list goes by the name of the whole: metadata.

    Raises:
        VerificationError: as `read_gguf_header`.
    """
    with reading(path), path.open("rb") as file:
        if file.read(len(one)) == one:
            return None
    expected, found = _Reader(one).header().metadata, read_gguf_header(path).metadata
    for name in [*expected, *found]:
        if name not in expected or name not in found or expected[name] != found[name]:
            return name
    return "metadata"


def is_gguf(path: Path) -> bool:
    """Tell whether a file begins as a GGUF does; one nobody can read does not."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


class _Reader:
    """Walks through the header's fields in their order."""

    def __init__(self, data: mmap.mmap | bytes) -> None:
        self._data = data
        self._at = len(_MAGIC)

    def header(self) -> GgufHeader:
        if self._data[: len(_MAGIC)] != _MAGIC or self._number(_SHORT) not in _VERSIONS:
            raise ValueError("no GGUF of a known version")
        tensors, fields = self._number(_COUNT), self._number(_COUNT)
        metadata = {}
        for _ in range(fields):
            name = self._text()
            value = self._value(self._number(_SHORT))
            if value is not None:
                metadata[name] = value
        stored = dict(self._tensor() for _ in range(tensors))
        if len(stored) != tensors:
            raise ValueError("two tensors of one name")
        alignment = int(metadata.get("general.alignment", _ALIGNMENT))
        return GgufHeader(metadata, stored, -(-self._at // alignment) * alignment)

    def _tensor(self) -> tuple[str, StoredTensor]:
        name, axes = self._text(), self._number(_SHORT)
        shape = tuple(self._number(_COUNT) for _ in range(axes))[::-1]
        return name, StoredTensor(self._number(_SHORT), shape, self._number(_COUNT))

    def _value(self, kind: int) -> Any:
        """Return a value, None for a long list."""
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._number(_SCALARS[kind])
        kind, count = self._number(_SHORT), self._number(_COUNT)
        if count <= _LONGEST_LIST:
            return [self._value(kind) for _ in range(count)]
        if kind != _STRING:
            self._at += count * _SCALARS[kind].size
            return None
        for _ in range(count):
            self._at += _COUNT.size + _COUNT.unpack_from(self._data, self._at)[0]
        return None

    def _text(self) -> str:
        length = self._number(_COUNT)
        begin, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise ValueError("the file ends within a string")
        return self._data[begin : self._at].decode()

    def _number(self, form: struct.Struct) -> Any:
        value = form.unpack_from(self._data, self._at)[0]
        self._at += form.size
        return value
