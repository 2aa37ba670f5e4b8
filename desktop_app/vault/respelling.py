"""Taking in anew, in the background, the words that an earlier program spelled otherwise.

A turn says by which spellings it was taken in, so a crash or the end of the program on the way
loses nothing, and what an earlier program adds later is taken in anew as well. Until then it is
found as it was before.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError, VaultError
from desktop_app.vault.word_index import index_turn

BATCH: Final = 50
"""Turns at a time, some 10 ms: nobody who speaks or searches meanwhile waits for longer."""


class Respelling:
    """Goes through an open history in a thread of its own, if there is something to do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="respelling", daemon=True)
        self._begun = False
        with suppress(DamagedHistoryError):  # found as it was before
            self._begun = bool(spelled_before(database, 0))
        if self._begun:
            self._thread.start()

    def wait(self) -> None:
        """Wait until all is taken in anew."""
        if self._begun:
            self._thread.join()

    def close(self) -> None:
        """End after the turns in hand; the rest waits for the next time."""
        self._closing.set()
        self.wait()

    def _run(self) -> None:
        last = 0
        with suppress(VaultError):  # a full disk, a damaged index: the next time tries again
            while (turns := spelled_before(self._database, last)) and not self._closing.is_set():
                with self._database.alone():
                    readable = readable_rows(  # no transaction reads on behind a damaged page
                        self._database,
                        "SELECT id, content FROM turn WHERE id = ? AND indexed IN (1, 2, 3)",
                        [(turn,) for turn in turns],
                    )
                    with self._database.transaction():
                        for turn, content in readable:
                            index_turn(self._database, turn, content)
                last = turns[-1]


def spelled_before(database: Database, after: int, most: int = BATCH) -> list[int]:
    """Return the next turns behind the id `after` whose words are spelled as before schema 1.5."""
    rows = database.rows(
        "SELECT id FROM turn WHERE indexed = 1 AND id > ?1"  # each by an index of its own
        " UNION ALL SELECT id FROM turn WHERE indexed = 2 AND id > ?1"
        " UNION ALL SELECT id FROM turn WHERE indexed = 3 AND id > ?1 ORDER BY id LIMIT ?2",
        (after, most),
    )
    return [turn for (turn,) in rows]
