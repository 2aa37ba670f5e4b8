"""Copying, writing and searching at once, as the window, its timer and a command do."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.errors import BugError
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.copies import copies_in
from desktop_app.vault.database import COPIED_PAGES, Database
from desktop_app.vault.errors import GivenUpError, SessionMissingError
from desktop_app.vault.vault import Vault

LONG = "长" * 3000
"""Fills two pages."""
STEPS = 8
SAID = STEPS * COPIED_PAGES // 2


@pytest.fixture
def told(vault: Vault) -> Vault:
    """A history that is copied in several steps."""
    with vault.database.transaction():
        vault.database.rows("INSERT INTO session(id, created) VALUES ('a', 0)")
        for _ in range(SAID):
            vault.database.rows(
                "INSERT INTO turn(session, role, state, content, created, parent, indexed)"
                " VALUES ('a', 'user', 'complete', ?, 0, 0, 1)",
                (LONG,),
            )
    return vault


@contextmanager
def meanwhile(act: Callable[[int], object]) -> Iterator[list[int]]:
    """Do `act` over and over in another thread; give the numbers of the times that are done."""
    done: list[int] = []
    enough, begun = threading.Event(), threading.Event()

    def over_and_over() -> None:
        try:
            for number in itertools.count():
                if enough.is_set():
                    return
                act(number)
                done.append(number)
                begun.set()
        finally:
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(over_and_over)
        begun.wait()
        try:
            yield done
        finally:
            enough.set()
        ended.result()


def turns_in(history: Path, key: bytes) -> int:
    with Database(history, key) as database:
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        ((turns,),) = database.rows("SELECT count(*) FROM turn")
    assert isinstance(turns, int)
    return turns


def test_copies_are_whole_while_another_thread_writes_and_searches(
    told: Vault, data_key: bytes
) -> None:
    def talk(number: int) -> None:
        told.sessions.add("b", Turn(Role.USER, f"{number} 很焦虑"))
        assert told.search.find("焦虑")

    with meanwhile(talk) as said:
        for _ in range(8):
            least = SAID + len(said)
            copy = told.backups.make()
            assert least <= turns_in(copy.files.history, data_key) <= SAID + len(said) + 1


def test_a_backup_file_is_written_beside_the_copies_of_the_timer(
    told: Vault, tmp_path: Path
) -> None:
    with meanwhile(lambda _: told.backups.make()):
        for number in range(5):
            write_backup(told, tmp_path / f"{number}.backup")


def test_who_speaks_during_a_copy_waits_for_a_part_of_it(told: Vault) -> None:
    with meanwhile(lambda _: told.sessions.add("b", Turn(Role.USER, "在吗"))) as said:
        before = len(said)
        told.backups.make()
        during = len(said) - before

    assert during >= STEPS // 2


def test_closing_ends_a_copy_and_leaves_no_half_of_it(told: Vault, data_key: bytes) -> None:
    def copy(_: int) -> None:
        with suppress(BugError, GivenUpError, ValueError):  # the history is closed
            told.backups.make()

    with meanwhile(copy):
        told.close()

    assert list(told.files.backups.glob("*.part")) == []
    assert turns_in(told.files.history, data_key) == SAID
    assert all(
        turns_in(each.files.history, data_key) == SAID for each in copies_in(told.files.backups)
    )


def test_files_are_kept_while_another_thread_sweeps(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "在吗"))

    with meanwhile(lambda _: vault.blobs.sweep()):
        for number in range(100):
            vault.blobs.put("a", "snapshot", b"%d" % number)
            assert vault.blobs.get("a", "snapshot") == b"%d" % number


def test_a_file_put_for_a_session_that_is_purged_meanwhile_is_refused(vault: Vault) -> None:
    def put(_: int) -> None:
        with suppress(SessionMissingError):
            vault.blobs.put("a", "snapshot", b"state")

    with meanwhile(put):
        for _ in range(30):
            vault.sessions.add("a", Turn(Role.USER, "在吗"))
            vault.sessions.delete("a")
            vault.sessions.purge("a")

    assert list(vault.files.blobs.glob("*")) == []
