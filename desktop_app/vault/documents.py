"""Named documents beside the conversations, such as the safety plan: JSON, one of each name.

What a document means is its writer's business. Between two histories the later one wins; a
document is emptied rather than removed, so that an older backup does not bring its words back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database

LOCAL: Final = "local."
"""Documents whose names begin so belong to one history: no backup brings them into another.

One that becomes the history has its own: what was written and not sent is not lost with a disk.
"""
SAFETY_PLAN: Final = "safety_plan"
"""The one whose loss a person is told of, wherever its name alone is left (rescue.py)."""
TAKEN = """INSERT INTO document(name, body, updated) VALUES (?, ?, ?)
    ON CONFLICT(name) DO UPDATE SET body = excluded.body, updated = excluded.updated
    WHERE excluded.updated > document.updated"""


@dataclass(frozen=True, slots=True)
class Document:
    """One document."""

    name: str
    body: str = field(repr=False)
    """JSON."""
    updated: int
    """Milliseconds since 1970, UTC; grows with each change, whatever the clock does."""


class Documents:
    """The documents of one open vault."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    @property
    def open(self) -> bool:
        """Tell whether the history is open still."""
        return self._database.is_open

    def read(self, name: str) -> Document | None:
        """Return a document; None where nobody has written it.

        Raises:
            DamagedHistoryError: it is damaged.
        """
        rows = self._database.rows("SELECT body, updated FROM document WHERE name = ?", (name,))
        return Document(name, *rows[0]) if rows else None

    def write(self, name: str, body: str) -> None:
        """Write a document, or write it anew; on the disk when this returns.

        Raises:
            VaultError: the disk is full, …; what was there stands.
        """
        with self._database.transaction():
            before = self.read(name)
            now = int(self._clock() * 1000)
            updated = now if before is None else max(now, before.updated + 1)
            self._database.rows(TAKEN, (name, body, updated))


def readable_documents(database: Database) -> list[Document]:
    """Return the documents of a history that can be read."""
    names = document_names(database)
    rows = readable_rows(
        database,
        "SELECT name, body, updated FROM document WHERE name = ?",
        [(name,) for name in names],
    )
    return [Document(*row) for row in rows]


def document_names(database: Database) -> list[str]:
    """Return what documents there should be: from the index, which lies on pages of its own."""
    return [name for (name,) in database.rows("SELECT name FROM document ORDER BY name")]


def later(database: Database, incoming: Iterable[Document]) -> list[Document]:
    """Return those of `incoming` that a history lacks or has an older one of."""
    present = dict(database.rows("SELECT name, updated FROM document"))
    carried = (each for each in incoming if not each.name.startswith(LOCAL))
    return [each for each in carried if each.updated > present.get(each.name, -1)]


def take(database: Database, incoming: Iterable[Document]) -> int:
    """Take documents in, inside a transaction, and return how many; a later one stands."""
    taken = later(database, incoming)
    for each in taken:
        database.rows(TAKEN, (each.name, each.body, each.updated))
    return len(taken)
