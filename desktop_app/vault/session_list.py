"""The lists of conversations: those that are kept, and those in the trash.

The one last spoken in comes first, by the order of writing. Where a damaged page stands in the way,
the list is put together of what can be read (damaged_sessions.py).
"""

from __future__ import annotations

from typing import Final

from desktop_app.vault import damaged_sessions
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.records import StoredSession, moment

LISTED: Final = """
    SELECT session.id, title,
           coalesce((SELECT substr(content, 1, 80) FROM turn
                     WHERE session = session.id AND chosen ORDER BY turn.id LIMIT 1), ''),
           (SELECT count(*) FROM turn WHERE session = session.id AND chosen),
           session.created, last.created, deleted
    FROM session JOIN turn AS last
         ON last.id = (SELECT max(id) FROM turn WHERE session = session.id)
    WHERE {where} ORDER BY last.id DESC"""
KEPT: Final = LISTED.format(where="deleted IS NULL")
TRASHED: Final = LISTED.format(where="deleted IS NOT NULL")


def listed(database: Database, *, trashed: bool) -> tuple[StoredSession, ...]:
    """Return the sessions in the trash, or those that are not."""
    try:
        rows = database.rows(TRASHED if trashed else KEPT)
    except DamagedHistoryError:
        rows = damaged_sessions.listed(database, trashed=trashed)
    return tuple(
        StoredSession(
            id=name,
            title=title,
            opening=opening,
            turns=turns,
            created=moment(created),
            updated=moment(updated),
            deleted=None if thrown is None else moment(thrown),
        )
        for name, title, opening, turns, created, updated, thrown in rows
    )
