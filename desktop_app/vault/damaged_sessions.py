"""Conversations of which a part is damaged: a placeholder stands where a turn cannot be read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from desktop_app.vault.damage import readable_rows, rows_by_any_way
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.turn_rows import UNKNOWN, TurnRow, with_placeholders

OPENING_CHARACTERS: Final = 80
PARENTS: Final = (
    "SELECT id, coalesce(parent, ?) FROM turn INDEXED BY turn_by_parent WHERE session = ?",
    "SELECT id, coalesce(parent, ?) FROM turn NOT INDEXED WHERE session = ?",
)


def session_ids(database: Database) -> list[str]:
    """Return the ids of all conversations, the one last spoken in first."""
    rows = rows_by_any_way(
        database, "SELECT session FROM turn {way} GROUP BY session ORDER BY max(id) DESC"
    )
    return [session for (session,) in rows]


def listed(database: Database, *, trashed: bool) -> list[tuple[Any, ...]]:
    """Return what a list says of the conversations, as far as it can be read.

    Id, title, opening, number of turns, when it was made, last spoken in, put into the trash.
    """
    rows = [_listed_row(database, session) for session in session_ids(database)]
    return [row for row in rows if (row[-1] is not None) is trashed]


def _listed_row(database: Database, session: str) -> tuple[Any, ...]:
    rows = readable_rows(
        database, "SELECT title, created, deleted FROM session WHERE id = ?", [(session,)]
    )
    turns = [turn for turn in turn_rows(database, session) if turn.chosen]
    times = [turn.created for turn in turns] or [0]
    title, created, deleted = rows[0] if rows else ("", times[0], None)
    opening = next((turn.content for turn in turns if turn.content), "")
    return session, title, opening[:OPENING_CHARACTERS], len(turns), created, times[-1], deleted


def turn_rows(database: Database, session: str) -> list[TurnRow]:
    """Return the turns of a conversation, in the order of writing; those lost without their text.

    Raises:
        DamagedHistoryError: not even how many there were can be read.
    """
    parents = _parents(database, session)
    rows = readable_rows(
        database,
        "SELECT id, role, content, state, created, parent, chosen FROM turn WHERE id = ?",
        [(turn,) for turn in parents],
    )
    readable = [
        TurnRow(number, role, content, state, created, parents[number], bool(chosen))
        for number, role, content, state, created, _, chosen in rows
    ]
    return with_placeholders(parents, readable)


def versions(rows: list[TurnRow]) -> dict[int, tuple[int, ...]]:
    """Return, for each parent with several turns, these in the order of writing."""
    found: dict[int, tuple[int, ...]] = {}
    for row in rows:
        found[row.parent] = (*found.get(row.parent, ()), row.id)
    return {parent: turns for parent, turns in found.items() if len(turns) > 1}


def _parents(database: Database, session: str) -> dict[int, int]:
    """Return what each turn followed; UNKNOWN where that cannot be read."""
    for statement in PARENTS:
        with suppress(DamagedHistoryError):
            return dict(sorted(database.rows(statement, (UNKNOWN, session))))
    ids = database.rows(
        "SELECT id FROM turn INDEXED BY turn_by_session WHERE session = ? ORDER BY id", (session,)
    )
    read = dict(readable_rows(database, "SELECT id, parent FROM turn WHERE id = ?", ids))
    return {turn: read.get(turn, UNKNOWN) for (turn,) in ids}
