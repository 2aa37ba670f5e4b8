"""What a history knows of this computer's clock: it has stood at the newest turn's time before.

Turns that were brought in with a time yet to come were written by another clock. How far they reach
is noted, and when that was by this one: until something later is said here, it is known to have
stood there, and no more.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.records import moment

AHEAD: Final = "brought_in_ahead"
"""A setting: milliseconds since 1970, the latest time brought in that was yet to come then."""
BROUGHT_IN: Final = "brought_in_at"
"""A setting: milliseconds since 1970, when that was."""
NEWEST: Final = "SELECT max(created) FROM turn"
NOTED: Final = (
    "INSERT INTO setting(name, value) VALUES (?, ?)"
    " ON CONFLICT(name) DO UPDATE SET value = max(value, excluded.value)"
)


def newest(database: Database) -> datetime | None:
    """Return the latest time this clock is known to have stood at; None where that is not known."""
    created = _newest(database)
    return None if created is None else moment(created)


def not_before_the_newest(database: Database, now: int) -> int:
    """Return `now`, or the newest turn's time where the clock stands before it; milliseconds."""
    known = None
    with suppress(DamagedHistoryError):
        known = _newest(database)
    return now if known is None else max(now, known)


def note_ahead(database: Database, latest: int, now: int) -> None:
    """Remember, inside a transaction, that turns come in with a time yet to come at `now`."""
    for name, value in ((AHEAD, latest), (BROUGHT_IN, now)):
        database.rows(NOTED, (name, value))


def _newest(database: Database) -> int | None:
    ((created,),) = database.rows(NEWEST)
    ahead, brought_in = (_noted(database, name) for name in (AHEAD, BROUGHT_IN))
    if created is None or (ahead is not None and created <= ahead):
        return brought_in
    assert isinstance(created, int)
    return created


def _noted(database: Database, name: str) -> int | None:
    rows = readable_rows(database, "SELECT value FROM setting WHERE name = ?", [(name,)])
    return rows[0][0] if rows else None
