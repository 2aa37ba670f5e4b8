"""The schema as an append-only list of small steps; `PRAGMA user_version` says which ran.

The version is major << 16 | minor. A later minor only adds, so an older program may open it; a
later major is refused. A step that stood on a released version is never edited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from desktop_app.vault import branches, word_index
from desktop_app.vault.crash_points import crash_point
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

    A program of an earlier minor may have written since: its turns are taken in too.

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
                crash_point("migrations.step_made")
                database.rows(f"PRAGMA user_version={int(version)}")
            crash_point("migrations.step_committed")
    branches.place_missing(database)
    branches.show_missing(database)
    crash_point("migrations.turns_placed")
    word_index.index_missing(database)


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


@migration(1, 1)
def versions_words_and_keys(database: Database) -> None:
    """Turns get versions, the words an index, sessions a key for what lies outside the file."""
    database.rows("ALTER TABLE turn ADD COLUMN parent INTEGER")  # NULL: see branches.place_missing
    database.rows("ALTER TABLE turn ADD COLUMN chosen INTEGER NOT NULL DEFAULT 1")
    database.rows("ALTER TABLE turn ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0")
    database.rows("CREATE INDEX turn_by_parent ON turn(session, parent)")
    database.rows("CREATE INDEX turn_unplaced ON turn(id) WHERE parent IS NULL")
    database.rows("CREATE INDEX turn_unindexed ON turn(id) WHERE indexed = 0")
    word_index.make_index(database)
    database.rows("ALTER TABLE session ADD COLUMN key BLOB")
    database.rows(
        """CREATE TABLE blob(
            file TEXT PRIMARY KEY,
            session TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            UNIQUE(session, name)
        ) STRICT"""
    )
    # Nobody was told of thirty days before: they begin now.
    database.rows("UPDATE session SET deleted = unixepoch() * 1000 WHERE deleted IS NOT NULL")
    database.rows("CREATE TABLE setting(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT")


@migration(1, 2)
def documents(database: Database) -> None:
    """Make room for what is no conversation: the safety plan, and what may follow."""
    database.rows(
        "CREATE TABLE document("
        "name TEXT PRIMARY KEY, body TEXT NOT NULL, updated INTEGER NOT NULL) STRICT"
    )


@migration(1, 3)
def lists_and_spellings(database: Database) -> None:
    """What lists and searches read stands in indexes; search takes more spellings for one."""
    database.rows("CREATE INDEX turn_shown ON turn(session, id) WHERE chosen")
    database.rows("CREATE INDEX turn_by_time ON turn(created)")
    # Those whose words were taken in as they were spelled until now: see respelling.py.
    database.rows("CREATE INDEX turn_spelled_before ON turn(id) WHERE indexed = 1")


@migration(1, 4)
def more_spellings(database: Database) -> None:
    """Search takes more spellings for one: variants that are common in Taiwan and Hong Kong."""
    database.rows("CREATE INDEX turn_spelled_in_1_3 ON turn(id) WHERE indexed = 2")


@migration(1, 5)
def still_more_spellings(database: Database) -> None:
    """Search takes more variants for one, and finds the letter or number a face ends with."""
    database.rows("CREATE INDEX turn_spelled_in_1_4 ON turn(id) WHERE indexed = 3")
