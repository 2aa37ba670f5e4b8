"""Looking into a copy that nobody has open: does a data key open it, and how far does it go.

Read without a lock and without a log, and so without a trace: for copies alone, which have neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

NEWEST: Final = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'turn'"


PAGE: Final = 4096
IN_THE_CLEAR: Final = slice(16, 24)
"""What the cipher leaves as it is at the beginning: how long a page is, and how it is filled."""
BEGINS: Final = bytes.fromhex("1000020220402020")
LOOKED_AT: Final = 64
"""Pages that are tried: each says for itself whether the key is its own."""


def newest_turn(history: Path, dek: bytes) -> int | None:
    """Return the id given to a turn last in a copy that nobody has open; None if `dek` is not its.

    Ids are never given twice, so one above those of a history is of a turn that it never had.
    """
    try:
        with _opened(history, dek) as connection:
            ((newest,),) = connection.execute(NEWEST).fetchall()
    except apsw.Error:
        return None
    assert isinstance(newest, int)
    return newest


def pages_opened(history: Path, dek: bytes) -> int:
    """Return how many of the first pages `dek` opens of a history that nobody has open.

    None of them where it has another key; all where it has this one and is not damaged there.
    """
    try:
        pages = min(history.stat().st_size // PAGE, LOOKED_AT)
        with _opened(history, dek) as connection:
            return sum(_reads(connection, page) for page in range(pages))
    except (apsw.Error, OSError):
        return 0


def has_another_key(history: Path, dek: bytes) -> bool:
    """Tell whether a history that nobody has open begins as one, and `dek` opens no page at all."""
    try:
        pages = history.stat().st_size // PAGE
        with history.open("rb") as file:
            begins = file.read(PAGE)[IN_THE_CLEAR] == BEGINS
        with _opened(history, dek) as connection:
            return begins and not any(_reads(connection, page) for page in range(pages))
    except (apsw.Error, OSError):
        return False  # nobody can tell


def _reads(connection: apsw.Connection, page: int) -> bool:
    try:
        connection.read("main", 0, page * PAGE, PAGE)
    except apsw.Error:
        return False
    return True


@contextmanager
def _opened(history: Path, dek: bytes) -> Iterator[apsw.Connection]:
    address = f"{history.absolute().as_uri()}?mode=ro&immutable=1"
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(address, flags=flags)
    try:
        for statement in ("PRAGMA cipher='chacha20'", f"PRAGMA key='raw:{dek.hex()}'"):
            connection.execute(statement).fetchall()
        yield connection
    finally:
        connection.close()
