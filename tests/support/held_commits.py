"""A disk that takes as long as a test likes: nothing is committed until it lets go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from desktop_app.vault.database import Database

PATIENCE_S: Final = 60.0
"""After so long a commit goes on, so that who waits for it by mistake fails instead of hanging."""


class HeldCommits:
    """What a test knows of the commits of one database."""

    def __init__(self) -> None:
        self.one_waits = threading.Event()
        """A thread waits for the disk."""
        self._may = threading.Event()

    def wait(self) -> None:
        self.one_waits.set()
        assert self._may.wait(PATIENCE_S), "whoever should let go waits for this commit"

    def let_go(self) -> None:
        self._may.set()


@contextmanager
def held_commits(database: Database) -> Iterator[HeldCommits]:
    """Hold every commit until the block ends, or lets go."""
    held, rows = HeldCommits(), database.rows

    def slow(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        if statement == "COMMIT":
            held.wait()
        return rows(statement, *values)

    database.rows = slow  # type: ignore[method-assign]
    try:
        yield held
    finally:
        held.let_go()
        del database.rows
