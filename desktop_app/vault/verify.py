"""Looking at all of an open history: every page, every row, every word of the index, the envelope.

Opening looks at little of it, because it must be quick.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from desktop_app.dialogue import TurnState
from desktop_app.vault.damage import readable_rows
from desktop_app.vault.damaged_sessions import session_ids, turn_rows
from desktop_app.vault.database import Database
from desktop_app.vault.documents import document_names, readable_documents
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import (
    DamagedEnvelopeError,
    DamagedHistoryError,
    NewerVaultError,
    VaultError,
)
from desktop_app.vault.lost import lost_documents, lost_sessions
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.respelling import spelled_before
from desktop_app.vault.vault import Vault
from desktop_app.vault.words import indexed

EXPECTED: Final = (
    "CREATE VIRTUAL TABLE temp.expected USING fts5(content, content='', tokenize='ascii')",
    "CREATE VIRTUAL TABLE temp.expected_words USING fts5vocab('temp', 'expected', 'row')",
    "CREATE VIRTUAL TABLE temp.present_words USING fts5vocab('main', 'words', 'row')",
)
"""In memory (`temp_store`). The index may hold more: words of removed turns, marked as gone."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was looked at and what is wrong with it."""

    pages: int
    sessions: int
    turns: int
    pages_whole: bool
    """Every page is as it was written and the trees are well formed."""
    unreadable_turns: int
    lost_turns: int
    """Turns of which a rescue could save the place alone; nothing is wrong with the file."""
    lost_sessions: int
    """Conversations of which it could not save the title, and whether they were deleted."""
    lost_documents: int
    """Documents (the safety plan) that it could not save, and that are not there again."""
    unreadable_sessions: int
    unfound_turns: int
    """Turns the search does not know."""
    documents: int
    unreadable_documents: int
    index_whole: bool
    envelope_whole: bool
    envelope_own: bool
    """No whole key file of another history lies in the place of this one's."""
    other_envelopes: int
    """Key files that once did, and are kept; nothing is wrong with that."""
    history_there: bool
    """The history has not lost its name while it is open."""

    @property
    def history_whole(self) -> bool:
        """Nothing is wrong that a rescue would mend."""
        return (
            self.pages_whole
            and self.index_whole
            and not (self.unreadable_turns or self.unreadable_sessions or self.unfound_turns)
            and not self.unreadable_documents
        )

    @property
    def undamaged(self) -> bool:
        """Nothing is wrong with the files."""
        there = self.envelope_own and self.history_there
        return self.history_whole and self.envelope_whole and there

    @property
    def whole(self) -> bool:
        """Nothing is wrong, and nothing was lost to a damage of earlier."""
        lost = self.lost_turns or self.lost_sessions or self.lost_documents
        return self.undamaged and not lost


def verify(vault: Vault) -> Findings:
    """Return what is wrong with an open history; changes nothing. About 1 s for 100 MB."""
    database = vault.database
    sessions = session_ids(database)
    turns = [row for session in sessions for row in turn_rows(database, session)]
    texts = readable_rows(
        database, "SELECT id, content, state FROM turn WHERE id = ?", [(row.id,) for row in turns]
    )
    titles = readable_rows(
        database, "SELECT title FROM session WHERE id = ?", [(name,) for name in sessions]
    )
    ended = {turn: content for turn, content, state in texts if state != "growing"}
    documents: list[str] = []
    with suppress(DamagedHistoryError):  # of which the pages tell
        documents = document_names(database)
    unfound, index_whole = _index(database, ended)
    ((pages,),) = database.rows("PRAGMA page_count")
    return Findings(
        pages=pages,
        sessions=len(sessions),
        turns=len(turns),
        pages_whole=_pages_whole(database),
        unreadable_turns=len(turns) - len(texts),
        lost_turns=sum(state == TurnState.DAMAGED for _, _, state in texts),
        lost_sessions=lost_sessions(database),
        lost_documents=lost_documents(database),
        unreadable_sessions=len(sessions) - len(titles),
        unfound_turns=unfound,
        documents=len(documents),
        unreadable_documents=len(documents) - len(readable_documents(database)),
        index_whole=index_whole,
        envelope_whole=_envelope_whole(vault),
        envelope_own=vault.own_envelope.lies_there() or not _envelope_whole(vault),
        other_envelopes=len(other_envelopes(vault.files)),
        history_there=_history_there(database),
    )


def _pages_whole(database: Database) -> bool:
    try:
        return database.rows("PRAGMA integrity_check(1)") == [("ok",)] and not database.rows(
            "PRAGMA foreign_key_check"
        )
    except DamagedHistoryError:
        return False


def _index(database: Database, texts: dict[int, str]) -> tuple[int, bool]:
    """Return how many turns the index does not know, and whether it has every word of the rest."""
    try:
        known = {turn for (turn,) in database.rows("SELECT id FROM words_docsize")}
        # Words that an earlier program spelled otherwise are compared when they are taken in anew.
        settled = known.difference(spelled_before(database, 0, most=-1))
        database.rows("INSERT INTO words(words) VALUES('integrity-check')")
        lacking = _lacking_words(database, {t: text for t, text in texts.items() if t in settled})
    except DamagedHistoryError:
        return 0, False
    return len(texts.keys() - known), not lacking


def _lacking_words(database: Database, texts: dict[int, str]) -> int:
    for statement in EXPECTED:
        database.rows(statement)
    try:
        for turn, text in texts.items():
            database.rows(
                "INSERT INTO temp.expected(rowid, content) VALUES (?, ?)", (turn, indexed(text))
            )
        ((lacking,),) = database.rows(
            """SELECT count(*) FROM temp.expected_words AS due
               LEFT JOIN temp.present_words AS here ON here.term = due.term
               WHERE coalesce(here.cnt, 0) < due.cnt"""
        )
    finally:
        for table in ("present_words", "expected_words", "expected"):
            database.rows(f"DROP TABLE temp.{table}")
    assert isinstance(lacking, int)
    return lacking


def _envelope_whole(vault: Vault) -> bool:
    try:
        read_envelope(vault.files.envelope)
    except (DamagedEnvelopeError, NewerVaultError):
        return False
    return True


def _history_there(database: Database) -> bool:
    try:
        database.check_there()
    except VaultError:
        return False
    return True
