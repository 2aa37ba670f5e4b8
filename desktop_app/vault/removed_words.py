"""Remembering that a turn went and its words are still in the index, until the history closes.

A turn that is taken back only marks its words as gone. Writing the index anew takes a second in a
long history: too long for a person who is about to write, and well spent when it closes. The note
lies in the history, so that a kill forgets nothing.
"""

from __future__ import annotations

from typing import Final

from desktop_app.vault.database import Database
from desktop_app.vault.word_index import forget_removed

NOTE: Final = "words_removed"


def note_removed(database: Database) -> None:
    """Note that the index holds words of a turn that went; part of a transaction."""
    database.rows("INSERT OR REPLACE INTO setting(name, value) VALUES (?, 1)", (NOTE,))


def forget_noted(database: Database) -> None:
    """Take such words off the pages, if there are any.

    Raises:
        VaultError: the disk is full, …; the note stays.
    """
    if database.rows("SELECT 1 FROM setting WHERE name = ?", (NOTE,)):
        with database.transaction():
            forget_removed(database)
            database.rows("DELETE FROM setting WHERE name = ?", (NOTE,))
