"""The index of words, inside the encrypted file: which turns hold which word.

Contentless (sqlite.org/fts5.html, 4.4.2): the text itself stands only in its turn. A turn that
goes marks its words as gone; `forget_removed` takes them off the pages. FTS5's `secure-delete` has
no effect with that: docs/decisions/0011-words-are-purged-by-writing-the-index-anew.md.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from desktop_app.vault.damage import readable_rows
from desktop_app.vault.database import GIVEN_WAY_S, Database
from desktop_app.vault.errors import DamagedHistoryError, DiskFullError
from desktop_app.vault.words import indexed

BATCH: Final = 1000
"""Turns taken in with one write to the disk."""
INDEXED: Final = 4
"""What stands at a turn that was taken in: 1 to 3 by the spellings of schema 1.1, 1.3 and 1.4, 4 by
today's."""


def make_index(database: Database) -> None:
    """Make the table, and have it follow when turns are removed."""
    database.rows(
        "CREATE VIRTUAL TABLE words USING"
        " fts5(content, content='', contentless_delete=1, tokenize='ascii')"
    )
    database.rows(
        "CREATE TRIGGER turn_removed AFTER DELETE ON turn WHEN old.indexed"
        " BEGIN DELETE FROM words WHERE rowid = old.id; END"
    )


def index_turn(database: Database, turn: int, text: str) -> None:
    """Take in the words of a turn, which is not going to change; part of a transaction."""
    # In the place of what was taken in before, if it was.
    database.rows(
        "INSERT OR REPLACE INTO words(rowid, content) VALUES (?, ?)", (turn, indexed(text))
    )
    database.rows("UPDATE turn SET indexed = ? WHERE id = ?", (INDEXED, turn))


def index_missing(database: Database, most: int = BATCH) -> None:
    """Take in the turns of a merge or of an earlier program; a crash on the way loses nothing.

    What is damaged, of the turns or of the index, waits and stands in nothing's way, and so does
    what finds no room on the disk.

    Raises:
        GivenUpError: the history is being closed; the rest waits too.
    """
    with suppress(DamagedHistoryError, DiskFullError):
        ids = database.rows("SELECT id FROM turn WHERE indexed = 0")
        for first in range(0, len(ids), most):
            database.check_given_up()
            with database.alone():  # what is removed meanwhile is not taken in
                batch = readable_rows(  # before the transaction, in which a damaged page ends all
                    database,
                    "SELECT id, content FROM turn"
                    " WHERE id = ? AND state <> 'growing' AND indexed = 0",
                    ids[first : first + most],
                )
                if batch:
                    with database.transaction():
                        for turn, content in batch:
                            index_turn(database, turn, content)
            time.sleep(GIVEN_WAY_S)


def forget_removed(database: Database) -> None:
    """Write the index anew without the words of removed turns: 1 s for 100,000 messages."""
    database.rows("INSERT INTO words(words) VALUES('optimize')")
