"""Read the header of a GGUF file without trusting it: enough to tell good from damaged.

Format: ggml's docs/gguf.md, versions 2 and 3, little-endian. Every length is checked against the
file before it is followed; the file is mapped, so a header costs what it holds and no more. And
that has a bound of its own: a file as large as a model could hold hours of reading.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

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
LAYERS: Final = 1024
"""A list of numbers that is longer has none for each layer."""
MOST_BYTES: Final = 2**27
"""Of a header. The largest vocabularies with their merges take some 20 MB."""
MOST_NUMBERS: Final = 2**21
"""Numbers in a header, lengths among them: a vocabulary of 262,144 with its merges has 780,000."""


T = TypeVar("T")


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
    context: int | None
    """Tokens it was trained to use: `….context_length` of its architecture."""
    numbers: Mapping[str, int | tuple[int, ...]]
    """Whole numbers by key, without the architecture's prefix; lists of one for each layer too.
    `vocabulary` is how many tokens there are."""
    sizes: Mapping[str, int]
    """Bytes of each tensor by name."""
    part: int = 1
    """Which file of a model in several files this is, the first being 1: `split.no` and one."""
    parts: int = 1
    """In how many files the model comes: `split.count`."""


def read_header(path: Path) -> Header:
    """Return the header of a GGUF file.

    Raises:
        HeaderError: magic, version or any length is wrong.
        OSError: the file cannot be read.
    """
    return _read(path, _Reader.header)


def read_values(path: Path) -> dict[str, bytes]:
    """Return the values of a GGUF file by their keys, as they stand there: type, then content.

    Raises:
        HeaderError, OSError: see `read_header`.
    """
    return _read(path, _Reader.values)


def _read(path: Path, what: Callable[[_Reader], T]) -> T:
    with path.open("rb") as file:
        try:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise HeaderError("empty") from error
        with view:
            try:
                return what(_Reader(view))
            except (struct.error, UnicodeDecodeError, OverflowError) as error:
                raise HeaderError(type(error).__name__) from error


class _Reader:
    """A cursor over the mapped file."""

    def __init__(self, view: mmap.mmap) -> None:
        self._view = view
        self._at = 0
        self._end = min(len(view), MOST_BYTES)
        self._numbers = 0

    def values(self) -> dict[str, bytes]:
        found = {}
        _, _, pairs = self._counts()
        for _ in range(pairs):
            key, start = self._string(), self._at
            self._value(self._number("<I"))
            found[key.decode("utf-8")] = self._view[start : self._at]
        return found

    def _counts(self) -> tuple[int, int, int]:
        """Return version, number of tensors, number of keys."""
        if self._view[:4] != MAGIC:
            raise HeaderError("magic")
        self._at = 4
        version = self._number("<I")
        if version not in VERSIONS:
            raise HeaderError("version")
        return version, self._number("<Q"), self._number("<Q")

    def header(self) -> Header:
        version, tensors, pairs = self._counts()
        alignment, template, context = 32, None, None
        part = parts = 1
        numbers: dict[str, int | tuple[int, ...]] = {}
        for _ in range(pairs):
            key = self._string()
            value = self._value(self._number("<I"))
            _note(numbers, key.decode("utf-8"), value)
            if key == b"general.alignment" and isinstance(value, int):
                alignment = value
            elif key == b"tokenizer.chat_template" and isinstance(value, bytes):
                template = value.decode("utf-8")
            elif key.endswith(b".context_length") and type(value) is int and value > 0:
                context = value
            elif key == b"split.no" and type(value) is int:
                part = value + 1
            elif key == b"split.count" and type(value) is int:
                parts = value
        if alignment < 1 or alignment & (alignment - 1):
            raise HeaderError("alignment")
        sizes: dict[str, int] = {}
        last = max((self._tensor(sizes) for _ in range(tensors)), default=0)
        start = (self._at + alignment - 1) // alignment * alignment
        end = start + last
        return Header(version, tensors, end, template, context, numbers, sizes, part, parts)

    def _tensor(self, sizes: dict[str, int]) -> int:
        """Note one tensor's size; return its end, counted from the start of the tensor data."""
        name = self._string()
        if len(name) > NAME_BYTES:
            raise HeaderError("name")
        dimensions = self._number("<I")
        if dimensions > DIMENSIONS:
            raise HeaderError("dimensions")
        elements = math.prod([self._number("<Q") for _ in range(dimensions)])
        kind, offset = self._number("<I"), self._number("<Q")
        # Types newer than this table count as empty: no false alarm, the offset still counts.
        block, size = BLOCKS.get(kind, (1, 0))
        sizes[name.decode("utf-8")] = elements // block * size
        return offset + elements // block * size

    def _value(self, kind: int) -> object:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            return self._array()
        if kind not in SCALARS:
            raise HeaderError("value type")
        return self._number(SCALARS[kind])

    def _array(self) -> object:
        """Return a short array of numbers, how many there are of a long one or of strings.

        Arrays of arrays are not in any known model.
        """
        kind, count = self._number("<I"), self._number("<Q")
        if kind == STRING:
            for _ in range(count):
                self._string()
        elif kind not in SCALARS:
            raise HeaderError("array type")
        elif count <= LAYERS:
            return tuple(self._number(SCALARS[kind]) for _ in range(count))
        else:
            self._skip(count * struct.calcsize(SCALARS[kind]))
        return count

    def _number(self, form: str) -> int:
        self._numbers += 1
        if self._numbers > MOST_NUMBERS:
            raise HeaderError("numbers")
        start = self._at
        self._skip(struct.calcsize(form))
        number: int = struct.unpack_from(form, self._view, start)[0]
        return number

    def _string(self) -> bytes:
        size = self._number("<Q")
        start = self._at
        self._skip(size)
        return self._view[start : self._at]

    def _skip(self, size: int) -> None:
        if size > self._end - self._at:
            raise HeaderError("length")
        self._at += size


def _note(numbers: dict[str, int | tuple[int, ...]], key: str, value: object) -> None:
    """Keep a value that is a whole number, or a list of them."""
    name = "vocabulary" if key == "tokenizer.ggml.tokens" else key.partition(".")[2]
    if type(value) is int:
        numbers[name] = value
    elif isinstance(value, tuple):
        numbers[name] = tuple(each for each in value if type(each) is int)
