"""The pages of a history one by one, and the records that stand on them.

SQLite reads a row by the way that leads to it, so one damaged page far up hides all below it. Here
every page is read for itself, through the cipher, which says of each whether it is as it was
written; what leads to it does not matter. The form is that of sqlite.org/fileformat2.html, 1.5 to
2.1, with pages of 4096 bytes of which the cipher keeps 32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import apsw

PAGE: Final = 4096
USABLE: Final = PAGE - 32
FILE_HEADER: Final = 100
"""Bytes before what page 1 holds of a tree."""
TABLE_LEAF: Final = 0x0D
INDEX_LEAF: Final = 0x0A
INDEX_INTERIOR: Final = 0x02
INTEGER_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)
"""How long an integer is, by its type in a record's header."""
TYPE_ZERO: Final = 8
TYPE_ONE: Final = 9
TYPE_BLOB: Final = 12
"""Even from here on: bytes; odd: text."""

Value = str | int | bytes | None


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table, or of an index."""

    row: int | None
    """The row's number; None in an index."""
    values: tuple[Value, ...]
    """In the order of the columns, as far as they can be read: a damaged page ends them."""


class Pages:
    """The file at `path`, which nobody else has open, and which is only read."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.count = path.stat().st_size // PAGE
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        for statement in ("PRAGMA cipher='chacha20'", f"PRAGMA key='raw:{key.hex()}'"):
            self._connection.execute(statement).fetchall()

    def page(self, number: int) -> bytes | None:
        """Return a page, counted from 1; None where it is damaged or the file has none such."""
        if not 0 < number <= self.count:
            return None
        try:
            _, content = self._connection.read("main", 0, (number - 1) * PAGE, PAGE)
        except (apsw.CorruptError, apsw.NotADBError, apsw.IOError):
            return None
        return content

    def records(self) -> Iterator[Record]:
        """Yield what stands on the pages that can be read, in no order that means anything."""
        for number in range(1, self.count + 1):
            page = self.page(number)
            if page is not None:
                yield from self._records_on(page, FILE_HEADER if number == 1 else 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _records_on(self, page: bytes, start: int) -> Iterator[Record]:
        kind = page[start]
        if kind not in {TABLE_LEAF, INDEX_LEAF, INDEX_INTERIOR}:
            return
        cells = start + (12 if kind == INDEX_INTERIOR else 8)
        for cell in range(_number(page, start + 3, 2)):
            at = _number(page, cells + 2 * cell, 2)
            try:
                yield self._record(page, at, kind)
            except (IndexError, UnicodeDecodeError):  # what merely looked like a page of a tree
                return

    def _record(self, page: bytes, at: int, kind: int) -> Record:
        row = None
        if kind == INDEX_INTERIOR:
            at += 4  # which page lies below
        size, at = _varint(page, at)
        if kind == TABLE_LEAF:
            row, at = _varint(page, at)
        local = _local(size, USABLE - 35 if kind == TABLE_LEAF else _most_of_an_index())
        payload = page[at : at + local]
        if local < size:
            payload += self._overflowing(_number(page, at + local, 4), size - local)
        return Record(row, _values(payload))

    def _overflowing(self, number: int, size: int) -> bytes:
        """Return what goes on from page `number`, as far as it can be read."""
        found = b""
        while len(found) < size and (page := self.page(number)) is not None:
            number = _number(page, 0, 4)
            found += page[4:USABLE]
        return found[:size]


def _most_of_an_index() -> int:
    return (USABLE - 12) * 64 // 255 - 23


def _local(size: int, most: int) -> int:
    """Return how many bytes of a record stand on the page itself."""
    if size <= most:
        return size
    least = (USABLE - 12) * 32 // 255 - 23
    local = least + (size - least) % (USABLE - 4)
    return local if local <= most else least


def _values(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    values: list[Value] = []
    for kind in types:
        if kind in {TYPE_ZERO, TYPE_ONE}:
            values.append(kind - TYPE_ZERO)
            continue
        length = INTEGER_BYTES[kind] if kind < TYPE_BLOB else (kind - TYPE_BLOB) // 2
        if at + length > len(payload):
            break
        content = payload[at : at + length]
        at += length
        if kind == 0:
            values.append(None)
        elif kind < TYPE_BLOB:
            values.append(int.from_bytes(content, "big", signed=True))
        else:
            values.append(content.decode() if kind % 2 else content)
    return tuple(values)


def _number(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "big")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, and where it ends."""
    number = 0
    for _ in range(8):
        byte = content[at]
        at += 1
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at
    return number << 8 | content[at], at + 1
