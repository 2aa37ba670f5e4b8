"""What a history knows of this computer's clock: it has stood at the newest turn's time before.

Turns that were brought in with a time yet to come were written by another clock. How far they reach
is noted, and until something later is said here nothing is known.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from desktop_app.vault.records import moment

AHEAD: Final = "brought_in_ahead"
"""A setting: milliseconds since 1970, the latest time brought in that was yet to come then."""
NEWEST: Final = "SELECT max(created) FROM turn"


def newest(database: Database) -> datetime | None:
    """Return when the newest turn was begun, by this clock; None where that is not known."""
    created = _newest(database)
    return None if created is None else moment(created)


def not_before_the_newest(database: Database, now: int) -> int:
    """Return `now`, or the newest turn's time where the clock stands before it; milliseconds."""
    known = None
    with suppress(DamagedHistoryError):
        known = _newest(database)
    return now if known is None else max(now, known)


def note_ahead(database: Database, latest: int) -> None:
    """Remember that turns come in with a time yet to come; a full disk leaves that undone."""
    with suppress(VaultError), database.transaction():
        database.rows(
            "INSERT INTO setting(name, value) VALUES (?, ?)"
            " ON CONFLICT(name) DO UPDATE SET value = max(value, excluded.value)",
            (AHEAD, latest),
        )


def _newest(database: Database) -> int | None:
    ((created,),) = database.rows(NEWEST)
    ahead = readable_rows(database, "SELECT value FROM setting WHERE name = ?", [(AHEAD,)])
    if created is None or (ahead and created <= ahead[0][0]):
        return None
    assert isinstance(created, int)
    return created
