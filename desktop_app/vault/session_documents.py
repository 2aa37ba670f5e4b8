"""Documents that belong to one conversation, and go where it goes.

    local.draft.<session>    what was written in it and not sent (drafts.py)
    local.memory.<session>   what a model remembers of what it no longer sees (memories.py)
    local.lost.<session>     that a rescue could not read its row (lost.py)

A session and its documents are removed in one transaction: one that outlived its conversation
would give back words that were removed for good.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from desktop_app.vault.database import Database
from desktop_app.vault.documents import LOCAL

DRAFT: Final = f"{LOCAL}draft."
MEMORY: Final = f"{LOCAL}memory."
LOST: Final = f"{LOCAL}lost."
KINDS: Final = (DRAFT, MEMORY, LOST)
"""What comes before a session's id in the names of its documents."""


def remove_session(database: Database, session: str) -> None:
    """Remove a session, all that refers to it, and its documents; part of a transaction."""
    database.rows("DELETE FROM session WHERE id = ?", (session,))
    for kind in KINDS:
        database.rows("DELETE FROM document WHERE name = ?", (f"{kind}{session}",))


def outlives(document: str, sessions: Container[str]) -> bool:
    """Tell whether a document belongs to a session that is not among `sessions`."""
    return any(
        document.startswith(kind) and document.removeprefix(kind) not in sessions for kind in KINDS
    )
