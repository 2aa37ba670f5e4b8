"""The schema as an append-only list of small steps; `PRAGMA user_version` says which ran.

The version is major << 16 | minor. A later minor only adds, so an older program may open it; a
later major is refused. A step that stood on a released version is never edited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from desktop_app.vault.database import Database
from desktop_app.vault.errors import NewerVaultError


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A schema's version."""

    major: int
    minor: int

    @classmethod
    def of(cls, database: Database) -> Version:
        """Return the version a database says it has; 0.0 is an empty one."""
        ((number,),) = database.rows("PRAGMA user_version")
        return cls(number >> 16, number & 0xFFFF)

    def __int__(self) -> int:
        return self.major << 16 | self.minor


Step = Callable[[Database], None]
STEPS: Final[list[tuple[Version, Step]]] = []


def migration(major: int, minor: int) -> Callable[[Step], Step]:
    """Append the decorated step: it leads to this version from the one before it."""

    def append(step: Step) -> Step:
        version = Version(major, minor)
        assert not STEPS or STEPS[-1][0] < version, "steps run in the order of this file"
        STEPS.append((version, step))
        return step

    return append


def migrate(database: Database) -> None:
    """Bring the schema up to date, each step in its own transaction.

    Raises:
        NewerVaultError: a later version made it; nothing is touched.
    """
    found = Version.of(database)
    if found.major > STEPS[-1][0].major:
        raise NewerVaultError("vault.newer")
    for version, step in STEPS:
        if version > found:
            with database.transaction():
                step(database)
                database.rows(f"PRAGMA user_version={int(version)}")


@migration(1, 0)
def sessions_and_turns(database: Database) -> None:
    """Make the first schema. Times are milliseconds since 1970, UTC; the order is that of ids."""
    database.rows(
        """CREATE TABLE session(
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL DEFAULT '',
            created INTEGER NOT NULL,
            deleted INTEGER
        ) STRICT"""
    )
    database.rows(
        """CREATE TABLE turn(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            content TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT"""
    )
    database.rows("CREATE INDEX turn_by_session ON turn(session, id)")
    database.rows("CREATE INDEX turn_by_state ON turn(state) WHERE state = 'growing'")
