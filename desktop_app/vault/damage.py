"""Reading around damage: a page of the file that is not as it was written takes its rows along.

Every page proves itself (ChaCha20-Poly1305), so a damaged one is an error where it is read and
harms no other. Which rows there should be is known from an index, on pages of its own; the same
stands in the table and in another index.

Only outside a transaction: once a damaged page was met in one, nothing more is read in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from desktop_app.vault.database import Database, Value
from desktop_app.vault.errors import DamagedHistoryError

WAYS_TO_THE_TURNS: Final = (
    "INDEXED BY turn_by_session",
    "INDEXED BY turn_by_parent",
    "NOT INDEXED",
)


def readable_rows(
    database: Database, statement: str, each: Sequence[Sequence[Value]]
) -> list[tuple[Any, ...]]:
    """Run `statement` with each of the values and return the rows of those that can be read."""
    found = []
    for values in each:
        try:
            found += database.rows(statement, values)
        except DamagedHistoryError:
            continue
    return found


def rows_by_any_way(
    database: Database, statement: str, values: Sequence[Value] = ()
) -> list[tuple[Any, ...]]:
    """Run a statement that has `{way}` after the table of turns, by the first way that is whole.

    Raises:
        DamagedHistoryError: none is.
    """
    for way in WAYS_TO_THE_TURNS[:-1]:
        try:
            return database.rows(statement.format(way=way), values)
        except DamagedHistoryError:
            continue
    return database.rows(statement.format(way=WAYS_TO_THE_TURNS[-1]), values)
