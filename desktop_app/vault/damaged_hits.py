"""What a search found, where some of it stands on a damaged page: the rest, and how many more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from desktop_app.vault.database import Database, Value
from desktop_app.vault.errors import DamagedHistoryError

# What is asked of a turn besides its words stands in indexes too, on pages of their own.
OF_SESSION: Final = "SELECT 1 FROM turn INDEXED BY turn_by_session WHERE session = ? AND id = ?"
OF_DAYS: Final = (
    "SELECT 1 FROM turn INDEXED BY turn_by_time WHERE created BETWEEN ? AND ? AND id = ?"
)
NOT_IN_THE_TRASH: Final = """
    SELECT 1 FROM turn INDEXED BY turn_by_session JOIN session ON session.id = turn.session
    WHERE deleted IS NULL AND turn.id = ?"""


def found_rows(
    database: Database,
    statement: str,
    values: Sequence[Value],
    *,
    session: str | None,
    days: tuple[int, int] | None,
) -> tuple[list[tuple[Any, ...]], int]:
    """Return the rows of a search, and how many turns it means and could not read.

    Args:
        database: the history's.
        statement: gives them by `words.rowid`, and ends in an ORDER BY of its own.
        values: its values: first what is matched, then the first and the last turn that may be
            meant, last how many rows are wanted.
        session: only of this session.
        days: only what was said then, in milliseconds since 1970.

    Raises:
        DamagedHistoryError: the index of words is damaged itself.
    """
    try:
        return database.rows(statement, values), 0
    except DamagedHistoryError:
        pass
    matching = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
    turns = database.rows(matching, values[:3])
    found: list[tuple[Any, ...]] = []
    left_out = 0
    for (turn,) in reversed(turns):
        if len(found) == values[-1]:
            break
        try:
            of_one = statement.replace("ORDER BY", f"AND words.rowid = {int(turn)} ORDER BY")
            found += database.rows(of_one, values)
        except DamagedHistoryError:
            left_out += _is_meant(database, turn, session, days)
    return found, left_out


def _is_meant(
    database: Database, turn: int, session: str | None, days: tuple[int, int] | None
) -> bool:
    """Tell whether a turn that cannot be read may be asked for; what nobody knows may be."""
    asked: list[tuple[str, tuple[Value, ...]]] = [(NOT_IN_THE_TRASH, (turn,))]
    if session is not None:
        asked.append((OF_SESSION, (session, turn)))
    if days is not None:
        asked.append((OF_DAYS, (*days, turn)))
    return all(_may_hold(database, statement, values) for statement, values in asked)


def _may_hold(database: Database, statement: str, values: tuple[Value, ...]) -> bool:
    try:
        return bool(database.rows(statement, values))
    except DamagedHistoryError:
        return True
