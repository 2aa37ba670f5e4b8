"""The history without its cipher, which its figures stand beside: same schema, pragmas and code.

For the benchmarks alone, and for texts that are no person's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from desktop_app.vault.database import Database, Value
from desktop_app.vault.migrations import migrate
from desktop_app.vault.sealing import KEY_BYTES

NO_KEY: Final = bytes(KEY_BYTES)
Figures = dict[str, float]


class PlainDatabase(Database):
    """A database that is told neither cipher nor key."""

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """See Database."""
        if statement.startswith(("PRAGMA cipher", "PRAGMA key")):
            return []
        return super().rows(statement, values)


@dataclass(frozen=True, slots=True)
class Pair:
    """How long the same took with the cipher and without, in milliseconds, one after the other."""

    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)

    def time(self, ours: Callable[[], object], plain: Callable[[], object]) -> None:
        """Do it once each; a machine that slows down slows both."""
        self.ours.append(_milliseconds(ours))
        self.plain.append(_milliseconds(plain))

    def figures(self) -> Figures:
        """Return both medians and the worst of ours."""
        return {
            "ours": round(median(self.ours), 2),
            "plain": round(median(self.plain), 2),
            "worst": round(max(self.ours), 1),
        }


def plain_database(path: Path) -> PlainDatabase:
    """Make an empty history without a cipher."""
    database = PlainDatabase(path, NO_KEY, create=True)
    migrate(database)
    return database


def plain_copy(database: Database, key: bytes, path: Path) -> PlainDatabase:
    """Copy a history to `path` and take its cipher off."""
    database.copy_to(path)
    with Database(path, key) as copy:
        for statement in ("PRAGMA journal_mode=DELETE", "PRAGMA rekey=''"):
            copy.rows(statement)
    return PlainDatabase(path, NO_KEY)


def _milliseconds(does: Callable[[], object]) -> float:
    began = time.perf_counter()
    does()
    return 1000 * (time.perf_counter() - began)
