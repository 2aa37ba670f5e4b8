"""What a search found, where some of it stands on a damaged page: the rest, and how many more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desktop_app.vault.database import Database, Value
from desktop_app.vault.errors import DamagedHistoryError


def found_rows(
    database: Database, statement: str, values: Sequence[Value]
) -> tuple[list[tuple[Any, ...]], int]:
    """Return the rows of a search, and how many turns that hold the words could not be read.

    Args:
        database: the history's.
        statement: gives them by `words.rowid`, and ends in an ORDER BY of its own.
        values: its values: first what is matched, last how many rows are wanted.

    Raises:
        DamagedHistoryError: the index of words is damaged itself.
    """
    try:
        return database.rows(statement, values), 0
    except DamagedHistoryError:
        pass
    turns = database.rows("SELECT rowid FROM words WHERE words MATCH ?", values[:1])
    found: list[tuple[Any, ...]] = []
    left_out = 0
    for (turn,) in reversed(turns):
        if len(found) == values[-1]:
            break
        try:
            of_one = statement.replace("ORDER BY", f"AND words.rowid = {int(turn)} ORDER BY")
            found += database.rows(of_one, values)
        except DamagedHistoryError:
            left_out += 1
    return found, left_out
