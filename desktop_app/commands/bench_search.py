"""The figures of a long history: opening it, listing it and searching its 100,000 messages."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from desktop_app.commands.bench_plain import NO_KEY, Pair, PlainDatabase, plain_copy
from desktop_app.commands.bench_texts import varied, words
from desktop_app.dialogue import Role
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.excerpt import Excerpt
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.migrations import migrate
from desktop_app.vault.search import Search
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.vault import Vault
from desktop_app.vault.word_index import index_missing

MESSAGES: Final = 100_000
SESSIONS: Final = 300
APART_MS: Final = 300_000
"""Between two messages; a year for all of them."""
OPENINGS: Final = 7
LISTINGS: Final = 5
SEARCHES: Final = 25
"""Of each kind."""
SHOWN: Final = 10
"""So many hits stand in the window at once, and so many excerpts are cut."""


def measure_search(folder: Path, passphrase: str, texts: tuple[str, ...]) -> dict[str, Any]:
    """Make a history in `folder`, which is not there yet, and return what using it takes.

    Args:
        folder: a vault's.
        passphrase: what will open it.
        texts: what the messages are made of.
    """
    said = list(varied(texts, MESSAGES))
    files, path = VaultFiles(folder), folder.parent / "plain.db"
    with create(folder, passphrase=passphrase) as vault:
        _fill(vault.database, said)
        key = read_envelope(files.envelope).open_with_passphrase(passphrase)
        plain_copy(vault.database, key, path).close()
    opening, listing, searching = Pair(), Pair(), Pair()
    for _ in range(OPENINGS):
        with ExitStack() as opened:
            opening.time(
                partial(_open_vault, files, key, opened), partial(_open_plain, path, opened)
            )
    with ExitStack() as opened:
        vault, plain = _open_vault(files, key, opened), _open_plain(path, opened)
        for _ in range(LISTINGS):
            listing.time(vault.sessions.kept, Sessions(plain).kept)
        search = Search(plain)
        for word in words(said, SEARCHES):
            searching.time(partial(_look, vault.search, word), partial(_look, search, word))
    return {
        "messages": MESSAGES,
        "open_ms": opening.figures(),
        "list_ms": listing.figures(),
        "search_ms": searching.figures(),
    }


def _fill(database: Database, said: list[str]) -> None:
    roles = cycle((Role.USER, Role.ASSISTANT))
    with database.transaction():
        for number in range(SESSIONS):
            database.rows("INSERT INTO session(id, created) VALUES (?, 0)", (f"s{number}",))
        for number, text in enumerate(said):
            session = f"s{number * SESSIONS // MESSAGES}"
            database.rows(
                "INSERT INTO turn(session, role, state, content, created, parent)"
                " VALUES (?, ?, 'complete', ?, ?, 0)",
                (session, next(roles), text, number * APART_MS),
            )
    index_missing(database)


def _open_vault(files: VaultFiles, key: bytes, opened: ExitStack) -> Vault:
    """Do what unlocking does when the data key is there."""
    with ExitStack() as held:
        held.enter_context(locked(files))
        return opened.enter_context(Vault(files, key, held, time.time))


def _open_plain(path: Path, opened: ExitStack) -> PlainDatabase:
    """Do with the file what opening a vault does with its own."""
    database = opened.enter_context(PlainDatabase(path, NO_KEY))
    migrate(database)
    sessions = Sessions(database)
    sessions.finish_interrupted()
    sessions.trashed()
    sessions.newest()
    return database


def _look(search: Search, word: str) -> list[Excerpt]:
    return [hit.excerpt for hit in search.find(word)[:SHOWN]]
