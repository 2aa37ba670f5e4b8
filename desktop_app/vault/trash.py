"""How long the trash is kept: thirty days, or, if the person wants that, until the vault closes.

In both cases a deletion can be undone while the window that made it is open.

The thirty days are counted by a clock that may be wrong. One that stands, at the opening, more than
a year after all that was said or deleted here is not believed until something is said by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from desktop_app.vault.records import StoredSession
from desktop_app.vault.sessions import Sessions

KEPT_FOR: Final = timedelta(days=30)
SETTING: Final = "trash_kept"
BELIEVED_FOR: Final = timedelta(days=365)


def is_kept(database: Database) -> bool:
    """Tell whether a history keeps deleted sessions for thirty days; see `Trash.kept`."""
    rows = readable_rows(database, "SELECT value FROM setting WHERE name = ?", [(SETTING,)])
    return not rows or rows[0][0] != 0


class Trash:
    """The deleted sessions of one open vault, and when they go for good."""

    def __init__(
        self, database: Database, sessions: Sessions, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._leapt = self._has_leapt()
        """For as long as it is open: what is said meanwhile is dated by that clock."""

    @property
    def kept(self) -> bool:
        """Tell whether deleted sessions are kept for thirty days; they are where none can tell."""
        return is_kept(self._database)

    def keep(self, kept: bool) -> None:
        """Keep deleted sessions for thirty days, or only until the vault closes."""
        with self._database.transaction():
            self._database.rows(
                "INSERT INTO setting(name, value) VALUES (?, ?)"
                " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                (SETTING, int(kept)),
            )

    def held(self) -> tuple[StoredSession, ...]:
        """Return what lies in it: without keeping, it goes as the vault closes."""
        return self._sessions.trashed()

    def due(self, deleted: datetime) -> datetime:
        """Return when a session deleted then goes for good."""
        with suppress(OverflowError):  # the calendar ends before it is due
            return deleted + KEPT_FOR if self.kept else deleted
        return deleted

    def purge_due(self) -> None:
        """Remove for good what has lain in the trash for its time; a damaged one keeps no other.

        Raises:
            VaultError: some could not be removed; it is tried again the next time.
        """
        now, kept = self._now(), self.kept
        if kept and self._leapt:
            return
        due = [
            session.id
            for session in self._sessions.trashed()
            if session.deleted is not None and (not kept or session.deleted <= now - KEPT_FOR)
        ]
        if not due:
            return
        try:
            self._sessions.purge(*due)
        except DamagedHistoryError:
            damaged = [session for session in due if not self._purged(session)]
            if damaged:
                raise

    def _has_leapt(self) -> bool:
        """Tell whether the clock is not to be believed: it may be right, and may be far ahead."""
        believed_from = self._now() - BELIEVED_FOR
        with suppress(VaultError):
            newest = self._sessions.newest()
            if newest is not None and newest < believed_from:
                deleted = [each.deleted for each in self._sessions.trashed()]
                return all(each is None or each < believed_from for each in deleted)
        return False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _purged(self, session: str) -> bool:
        try:
            self._sessions.purge(session)
        except DamagedHistoryError:
            return False
        return True
