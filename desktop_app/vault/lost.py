"""What a rescue could not read and nothing else would show, until it is there again.

    local.lost.<session>          the row of a conversation: its title, and whether it was deleted
    local.lost_document.<name>    a document, such as the safety plan

A turn that was lost needs no such note: a placeholder stands in its place. What a person has named
or written anew since is not missed any more, and a backup that knows it ends it (merge.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.documents import LOCAL
from desktop_app.vault.session_documents import LOST

LOST_DOCUMENT: Final = f"{LOCAL}lost_document."
NOTED: Final = "INSERT OR IGNORE INTO document(name, body, updated) VALUES (?, '{}', 0)"
MISSED: Final = """
    FROM session JOIN document ON name = ?1 || id WHERE title = '' AND deleted IS NULL"""
IS_LOST: Final = f"SELECT 1 {MISSED} AND id = ?2"
HOW_MANY: Final = f"SELECT count(*) {MISSED}"


def note_lost(database: Database, sessions: Iterable[str], documents: Iterable[str]) -> None:
    """Note what was lost, inside a transaction; the sessions are there, with nothing in their row.

    A document of this history alone is not noted: no backup brings it back.
    """
    for session in sessions:
        database.rows(NOTED, (f"{LOST}{session}",))
    for name in documents:
        if not name.startswith(LOCAL):
            database.rows(NOTED, (f"{LOST_DOCUMENT}{name}",))


def is_lost(database: Database, session: str) -> bool:
    """Tell whether the row of a session is missed."""
    return bool(readable_rows(database, IS_LOST, [(LOST, session)]))


def lost_sessions(database: Database) -> int:
    """Return of how many sessions the row is missed."""
    return sum(count for (count,) in readable_rows(database, HOW_MANY, [(LOST,)]))


def lost_documents(database: Database) -> int:
    """Return how many documents are missed."""
    rows = readable_rows(
        database,
        "SELECT count(*) FROM document WHERE substr(name, 1, ?1) = ?2"
        " AND substr(name, ?1 + 1) NOT IN (SELECT name FROM document)",
        [(len(LOST_DOCUMENT), LOST_DOCUMENT)],
    )
    return sum(count for (count,) in rows)


def found_again(database: Database, session: str, title: str, *, deleted: int | None) -> None:
    """Give a session the row it lacks, inside a transaction.

    Args:
        database: of the history.
        session: one that `is_lost`.
        title: its title.
        deleted: when it goes into the trash, in milliseconds since 1970; None: it does not.
    """
    database.rows(
        "UPDATE session SET title = ?, deleted = ? WHERE id = ?",
        (title, deleted, session),
    )
    database.rows("DELETE FROM document WHERE name = ?", (f"{LOST}{session}",))
