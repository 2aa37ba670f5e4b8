"""Versions of turns: a session is a tree, and one path through it is the chosen one.

A turn follows its `parent`, 0 for one that opens the session; turns of one parent are versions
of each other. `chosen` marks the path that is read, written on and shown. A later turn has the
greater id, so the path in order is the chosen turns by id.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, VaultError

LATER_THAN_ALL: Final = 2**63 - 1
SHOWN: Final = "each_shows_something"
"""A setting: there is no need to look for conversations that show nothing any more."""
SHOWING_NOTHING: Final = """
    SELECT id FROM session
    WHERE EXISTS (SELECT 1 FROM turn WHERE session = session.id)
          AND NOT EXISTS (SELECT 1 FROM turn WHERE session = session.id AND chosen)"""


def last(database: Database, session: str, before: int = LATER_THAN_ALL) -> int:
    """Return the last turn of the chosen path, of those before a turn; 0 where there is none."""
    ((turn,),) = database.rows(
        "SELECT coalesce(max(id), 0) FROM turn WHERE session = ? AND chosen AND id < ?",
        (session, before),
    )
    assert isinstance(turn, int)
    return turn


def place_missing(database: Database) -> None:
    """Place the turns of an earlier program, which knew one path only.

    One that is damaged stays as it is, and so does all of it where the index of them is damaged:
    neither stands in the way of the others.
    """
    with suppress(DamagedHistoryError):
        ids = database.rows("SELECT id FROM turn WHERE parent IS NULL ORDER BY id")
        rows = readable_rows(database, "SELECT id, session FROM turn WHERE id = ?", ids)
        if rows:
            with database.transaction():
                for turn, session in rows:
                    values = (last(database, session, turn), turn)
                    database.rows("UPDATE turn SET parent = ? WHERE id = ?", values)


def show_missing(database: Database) -> None:
    """Have each conversation that shows nothing show something; looked for once.

    An earlier program brought in such ones: what they had shown elsewhere was a picture. Nothing
    comes in so any more (merge.py). What cannot be read, or written to the disk, stays as it is
    until the next time, and stands in nothing's way.
    """
    with suppress(VaultError):
        if not database.rows("SELECT 1 FROM setting WHERE name = ?", (SHOWN,)):
            sessions = database.rows(SHOWING_NOTHING)
            with database.transaction():
                for (session,) in sessions:
                    show_newest(database, session)
                database.rows("INSERT INTO setting(name, value) VALUES (?, 1)", (SHOWN,))


def look_again(database: Database) -> None:
    """Have `show_missing` look once more: what was saved from a damaged history has come in."""
    database.rows("DELETE FROM setting WHERE name = ?", (SHOWN,))


def show_newest(database: Database, session: str) -> None:
    """Lead the chosen path through the newest opening of a session that says something."""
    rows = database.rows(
        "SELECT id FROM turn WHERE session = ? AND parent = 0"
        " ORDER BY content = '', id DESC LIMIT 1",
        (session,),
    )
    for (turn,) in rows:
        choose(database, session, turn)


def leave(database: Database, session: str, turn: int) -> None:
    """End the chosen path before `turn`."""
    database.rows("UPDATE turn SET chosen = 0 WHERE session = ? AND id >= ?", (session, turn))


def choose(database: Database, session: str, turn: int) -> None:
    """Lead the chosen path through `turn`, and below it along the newest versions."""
    database.rows(
        """WITH RECURSIVE
               above(id, parent) AS (
                   SELECT id, parent FROM turn WHERE id = ?2
                   UNION ALL SELECT turn.id, turn.parent FROM turn, above
                   WHERE turn.id = above.parent),
               below(id) AS (
                   SELECT ?2
                   UNION ALL SELECT (SELECT max(id) FROM turn
                                     WHERE session = ?1 AND parent = below.id)
                   FROM below WHERE below.id IS NOT NULL),
               path(id) AS (SELECT id FROM above UNION SELECT id FROM below WHERE id IS NOT NULL)
           UPDATE turn SET chosen = id IN path WHERE session = ?1 AND chosen <> (id IN path)""",
        (session, turn),
    )


def versions(database: Database, session: str) -> dict[int, tuple[int, ...]]:
    """Return, for each parent with several turns, these in the order of writing."""
    rows = database.rows(
        """SELECT parent, group_concat(id ORDER BY id) FROM turn WHERE session = ?
           GROUP BY parent HAVING count(*) > 1""",
        (session,),
    )
    return {parent: tuple(map(int, found.split(","))) for parent, found in rows}


def stand_again(database: Database, session: str, parent: int, read: int) -> bool:
    """Lead the chosen path on from `parent`, from which the last turn was taken; False: nowhere.

    It goes as it was read before that one, to the turn `read`; where that is not known (0), or was
    taken away since, through the newest version.
    """
    found = database.rows("SELECT id FROM turn WHERE id = ? AND session = ?", (read, session))
    if not found:
        found = database.rows(
            "SELECT id FROM turn WHERE session = ? AND parent = ? ORDER BY id DESC LIMIT 1",
            (session, parent),
        )
    for (turn,) in found:
        choose(database, session, turn)
    return bool(found)
