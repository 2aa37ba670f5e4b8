"""What a model remembers of the turns of a conversation that it no longer sees, one document each.

What it means is its writer's business (conversation/memory.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.session_documents import MEMORY


class Memories:
    """Those of one open vault, by session."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def of(self, session: str) -> str | None:
        """Return one as JSON; None where there is none that can be read."""
        name = f"{MEMORY}{session}"
        try:
            rows = self._database.rows("SELECT body FROM document WHERE name = ?", (name,))
        except DamagedHistoryError:
            return None
        return str(rows[0][0]) if rows else None

    def keep(self, session: str, note: str) -> None:
        """Keep one, as JSON, unless its session is gone.

        Raises:
            VaultError: the disk is full, …; what was there stands.
        """
        with self._database.transaction():
            self._database.rows(
                "INSERT INTO document(name, body, updated) SELECT ?, ?, ? FROM session WHERE id = ?"
                " ON CONFLICT(name) DO UPDATE SET body = excluded.body, updated = excluded.updated",
                (f"{MEMORY}{session}", note, int(self._clock() * 1000), session),
            )
