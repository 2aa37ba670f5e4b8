"""Read the header of a GGUF file without trusting it: enough to tell good from damaged.

Format: ggml's docs/gguf.md, versions 2 and 3, little-endian. Every length is checked against the
file before it is followed; the file is mapped, so a header costs what it holds and no more.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
STRING, ARRAY = 8, 9
SCALARS: Final = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
    10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
"""struct formats of the scalar value types."""
BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 40), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4),
    27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
}  # fmt: skip
"""Tensor types: (elements, bytes) of a block. Held against the `gguf` package by a test."""
NAME_BYTES: Final = 64
"""GGML_MAX_NAME; a longer tensor name is damage."""
DIMENSIONS: Final = 4


class HeaderError(Exception):
    """The bytes are not a GGUF header, or lead outside the file."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says before its tensors."""

    version: int
    tensors: int
    end: int
    """The byte behind the last tensor; a shorter file was cut off."""
    template: str | None
    """`tokenizer.chat_template`."""


def read_header(path: Path) -> Header:
    """Return the header of a GGUF file.

    Raises:
        HeaderError: magic, version or any length is wrong.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise HeaderError("empty") from error
        with view:
            try:
                return _Reader(view).header()
            except (struct.error, UnicodeDecodeError, OverflowError) as error:
                raise HeaderError(type(error).__name__) from error


class _Reader:
    """A cursor over the mapped file."""

    def __init__(self, view: mmap.mmap) -> None:
        self._view = view
        self._at = 0

    def header(self) -> Header:
        if self._view[:4] != MAGIC:
            raise HeaderError("magic")
        self._at = 4
        version = self._number("<I")
        if version not in VERSIONS:
            raise HeaderError("version")
        tensors, pairs = self._number("<Q"), self._number("<Q")
        alignment, template = 32, None
        for _ in range(pairs):
            key = self._string()
            value = self._value(self._number("<I"))
            if key == b"general.alignment" and isinstance(value, int):
                alignment = value
            elif key == b"tokenizer.chat_template" and isinstance(value, bytes):
                template = value.decode("utf-8")
        if alignment < 1 or alignment & (alignment - 1):
            raise HeaderError("alignment")
        last = max((self._tensor() for _ in range(tensors)), default=0)
        start = (self._at + alignment - 1) // alignment * alignment
        return Header(version, tensors, start + last, template)

    def _tensor(self) -> int:
        """Return the end of one tensor, counted from the start of the tensor data."""
        if len(self._string()) > NAME_BYTES:
            raise HeaderError("name")
        dimensions = self._number("<I")
        if dimensions > DIMENSIONS:
            raise HeaderError("dimensions")
        elements = math.prod([self._number("<Q") for _ in range(dimensions)])
        kind, offset = self._number("<I"), self._number("<Q")
        # Types newer than this table count as empty: no false alarm, the offset still counts.
        block, size = BLOCKS.get(kind, (1, 0))
        return offset + elements // block * size

    def _value(self, kind: int) -> object:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            self._array()
            return None
        if kind not in SCALARS:
            raise HeaderError("value type")
        return self._number(SCALARS[kind])

    def _array(self) -> None:
        """Step over an array; arrays of arrays are not in any known model."""
        kind, count = self._number("<I"), self._number("<Q")
        if kind == STRING:
            for _ in range(count):
                self._string()
        elif kind in SCALARS:
            self._skip(count * struct.calcsize(SCALARS[kind]))
        else:
            raise HeaderError("array type")

    def _number(self, form: str) -> int:
        number: int = struct.unpack_from(form, self._view, self._at)[0]
        self._at += struct.calcsize(form)
        return number

    def _string(self) -> bytes:
        size = self._number("<Q")
        start = self._at
        self._skip(size)
        return self._view[start : self._at]

    def _skip(self, size: int) -> None:
        if size > len(self._view) - self._at:
            raise HeaderError("length")
        self._at += size
