"""Writing where pages are damaged: around them, where there is a way around.

Once a damaged page was met in a transaction, nothing more is read or written in it (measured). So
what of a session cannot be read is found out beforehand, and the index of words, in which FTS5
meets its own pages as it likes, is left alone from the start: it is only derived, and never costs
what is said.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from desktop_app.vault.damaged_sessions import turn_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError

Changed = TypeVar("Changed")


@dataclass(frozen=True, slots=True)
class Known:
    """What has to be known of a session before something is said in it."""

    state: str
    """See `Sessions._state`."""
    last: int
    """The last turn of its chosen path, readable or not; 0 where there is none."""


class AroundDamage:
    """The changes to the conversations of one open vault."""

    def __init__(self, database: Database, state: Callable[[str], str]) -> None:
        self._database = database
        self._state = state
        self.indexes = True
        """The index of words takes in what is said; what it lacks it gets at the next start."""
        self.known: dict[str, Known] = {}
        """Of the session in which a change is being made around damage."""

    def written(self, change: Callable[[], Changed], session: str | None = None) -> Changed:
        """Make a change of `session`, all or nothing.

        Raises:
            DamagedHistoryError: there is no way around; nothing has changed.
        """
        with suppress(DamagedHistoryError), self._database.transaction():
            return change()
        with self._database.alone():
            self.known = {} if session is None else {session: self._known_of(session)}
            try:
                if self.indexes:
                    with suppress(DamagedHistoryError), self._database.transaction():
                        return change()
                return self._without_index(change)
            finally:
                self.known = {}

    def rehearsed(self, change: Callable[[], None]) -> None:
        """Make a change and undo it; leave the index alone from now on if that is what fails.

        Raises:
            DamagedHistoryError: there is no way around.
        """
        try:
            with self._database.rehearsal():
                change()
                self._database.rows("SAVEPOINT written")  # FTS5 writes its pages here
        except DamagedHistoryError:
            self.indexes = False
            with self._database.rehearsal():
                change()

    def _without_index(self, change: Callable[[], Changed]) -> Changed:
        indexed, self.indexes = self.indexes, False
        try:
            with self._database.transaction():
                return change()
        except DamagedHistoryError:  # it was not the index
            self.indexes = indexed
            raise

    def _known_of(self, session: str) -> Known:
        rows = turn_rows(self._database, session)
        last = max((row.id for row in rows if row.chosen), default=0)
        return Known(self._state(session), last)
