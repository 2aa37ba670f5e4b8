"""When the write-ahead log is emptied, on a clock of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import checkpoints as checkpoints_module
from desktop_app.vault.checkpoints import Checkpoints
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.vault import Vault


@dataclass
class Hours:
    """Time that passes when the test says so."""

    now: float = 0.0
    calls: list[Call] = field(default_factory=list)

    def later(self, seconds: float, call: Callable[[], None]) -> Call:
        self.calls.append(Call(self.now + seconds, call))
        return self.calls[-1]

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds
        due = [call for call in self.calls if call.at <= self.now]
        self.calls = [call for call in self.calls if call.at > self.now]
        for call in due:
            call.make()


@dataclass
class Call:
    at: float
    make: Callable[[], None]

    def cancel(self) -> None:
        self.make = lambda: None


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def emptied() -> list[float]:
    return []


@pytest.fixture
def checkpoints(hours: Hours, emptied: list[float]) -> Checkpoints:
    return Checkpoints(lambda: emptied.append(hours.now), hours.later, lambda: hours.now)


def test_it_is_emptied_half_a_minute_after_a_change_at_the_latest(
    checkpoints: Checkpoints, hours: Hours, emptied: list[float]
) -> None:
    for _ in range(40):
        checkpoints.committed(False)
        hours.pass_seconds(1)

    assert emptied == [30]


def test_it_is_emptied_five_seconds_after_a_removal_at_the_latest(
    checkpoints: Checkpoints, hours: Hours, emptied: list[float]
) -> None:
    checkpoints.committed(False)
    hours.pass_seconds(2)
    checkpoints.committed(True)
    for _ in range(40):
        hours.pass_seconds(1)
        checkpoints.committed(hours.now < 6)

    assert emptied[0] == 7


def test_nothing_is_done_while_nothing_changes(
    checkpoints: Checkpoints, hours: Hours, emptied: list[float]
) -> None:
    checkpoints.committed(False)
    for _ in range(90):
        hours.pass_seconds(1)

    assert emptied == [30]
    assert hours.calls == []


def test_what_is_removed_while_a_copy_is_made_does_not_wait_for_it(
    hours: Hours, emptied: list[float]
) -> None:
    copies = []

    def copy() -> None:
        copies.append(hours.now)
        if len(copies) == 1:
            checkpoints.committed(True)
            hours.pass_seconds(60)

    checkpoints = Checkpoints(
        lambda: emptied.append(hours.now), hours.later, lambda: hours.now, copy
    )
    checkpoints.committed(False)
    hours.pass_seconds(30)

    assert emptied == [30, 90]
    assert copies == [30]


def test_closing_waits_for_a_copy_in_progress(hours: Hours, emptied: list[float]) -> None:
    begun, may_end = threading.Event(), threading.Event()
    ended: list[str] = []

    def copy() -> None:
        begun.set()
        assert may_end.wait(20)
        ended.append("copy")

    checkpoints = Checkpoints(
        lambda: emptied.append(hours.now), hours.later, lambda: hours.now, copy
    )
    checkpoints.committed(False)
    copying = threading.Thread(target=hours.pass_seconds, args=(30,))
    copying.start()
    assert begun.wait(20)
    closing = threading.Thread(target=lambda: (checkpoints.close(), ended.append("closed")))
    closing.start()
    may_end.set()
    for thread in (copying, closing):
        thread.join(20)

    assert ended == ["copy", "closed"]


def test_closing_does_now_what_was_to_be_done_later(
    checkpoints: Checkpoints, hours: Hours, emptied: list[float]
) -> None:
    checkpoints.committed(False)
    checkpoints.close()
    checkpoints.committed(True)
    hours.pass_seconds(60)

    assert emptied == [0]


def test_closing_does_nothing_where_nothing_changed(
    checkpoints: Checkpoints, emptied: list[float]
) -> None:
    checkpoints.close()

    assert emptied == []


def test_a_full_disk_is_tried_again_after_the_next_change(hours: Hours) -> None:
    tried = []

    def fail() -> None:
        tried.append(hours.now)
        raise DiskFullError("vault.disk_full", folder=Path("data"))

    checkpoints = Checkpoints(fail, hours.later, lambda: hours.now)
    for _ in range(2):
        checkpoints.committed(False)
        hours.pass_seconds(30)

    assert tried == [30, 60]


def test_what_fails_after_a_removal_is_tried_again_though_nothing_changes(hours: Hours) -> None:
    tried = []

    def fail_twice() -> None:
        tried.append(hours.now)
        if len(tried) <= 2:
            raise DiskFullError("vault.disk_full", folder=Path("data"))

    checkpoints = Checkpoints(fail_twice, hours.later, lambda: hours.now)
    checkpoints.committed(True)
    for _ in range(200):
        hours.pass_seconds(1)

    assert tried == [5, 35, 65]
    assert hours.calls == []


def test_what_failed_is_tried_once_more_at_the_end(hours: Hours) -> None:
    tried = []

    def fail() -> None:
        tried.append(hours.now)
        raise DiskFullError("vault.disk_full", folder=Path("data"))

    checkpoints = Checkpoints(fail, hours.later, lambda: hours.now)
    checkpoints.committed(True)
    hours.pass_seconds(5)
    checkpoints.close()
    hours.pass_seconds(60)

    assert tried == [5, 5]


def test_the_log_of_a_history_is_emptied_by_a_timer_of_its_own(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    monkeypatch.setattr(checkpoints_module, "AFTER_COMMIT_SECONDS", 0.01)
    monkeypatch.setattr(vault.backups, "make_if_due", done.set)  # what comes after it
    vault.sessions.add("a", Turn(Role.USER, "一"))

    assert done.wait(20)
    assert log_of(vault).stat().st_size == 0


def log_of(vault: Vault) -> Path:
    return vault.files.history.with_name("history.db-wal")


def test_the_log_is_emptied_early_after_a_session_went_into_the_trash(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    done = threading.Event()
    monkeypatch.setattr(checkpoints_module, "AFTER_DELETE_SECONDS", 0.01)
    monkeypatch.setattr(vault.backups, "make_if_due", done.set)
    vault.sessions.delete("a")

    assert done.wait(20)
    assert log_of(vault).stat().st_size == 0


def test_the_history_says_which_changes_removed_something(vault: Vault) -> None:
    """Moving to the trash is a removal to the person who asked for it, though no row goes."""
    heard: dict[str, list[bool]] = {}

    def after(what: str) -> None:
        vault.database.committed = heard.setdefault(what, []).append

    after("said")
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.add("a", Turn(Role.USER, "二"))
    after("said otherwise")
    vault.sessions.edit("a", vault.sessions.turns("a")[-1].id, "三")
    after("taken back")
    vault.sessions.take_back("a")
    after("into the trash")
    vault.sessions.delete("a")
    after("out of the trash")
    vault.sessions.restore("a")
    after("into the trash again")
    vault.sessions.delete("a")
    after("purged")
    vault.sessions.purge("a")

    assert heard == {
        "said": [False, False],
        "said otherwise": [False],
        "taken back": [True],
        "into the trash": [True],
        "out of the trash": [False],
        "into the trash again": [True],
        "purged": [True],
    }


def test_the_log_is_emptied_between_two_steps_of_a_copy(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session in ("a", "gone"):
        vault.sessions.add(session, Turn(Role.USER, "长" * 200_000))
    steps, sizes = 0, []

    def meanwhile() -> None:
        """Called before each step."""
        nonlocal steps
        steps += 1
        if steps == 3:
            vault.sessions.delete("gone")
            sizes.append(log_of(vault).stat().st_size)
            vault.database.checkpoint()
            sizes.append(log_of(vault).stat().st_size)

    monkeypatch.setattr(vault.database, "check_given_up", meanwhile)
    copy = vault.backups.make()

    assert steps > 3
    assert sizes[0] > 0 == sizes[1]
    with Database(copy.files.history, vault.keys.dek) as database:
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        assert database.rows("SELECT id FROM session WHERE deleted IS NOT NULL") == [("gone",)]
