"""Snapshots beside a real history: a budget, the least recently used first, and no error ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.conversation import snapshots as module
from desktop_app.conversation.snapshots import MB, NAME, Snapshots
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import Vault

ONE_MB = bytes(MB)
HALF_A_LOCK_S = 1.0
"""A lock waits two seconds, half of them for what is written."""


@pytest.fixture
def spoken(vault: Vault) -> Vault:
    for session in "abc":
        vault.sessions.add(session, Turn(Role.USER, "在吗"))
    return vault


def held(vault: Vault) -> set[str]:
    return {each.session for each in vault.blobs.held(NAME)}


def at(vault: Vault, session: str, moment: int) -> None:
    """Say that a snapshot was used at `moment`."""
    ((file,),) = vault.database.rows("SELECT file FROM blob WHERE session = ?", (session,))
    os.utime(vault.files.blobs / file, (moment, moment))


def test_what_was_put_comes_back(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 10)

    snapshots.put("a", ONE_MB)

    assert snapshots.get("a") == ONE_MB
    assert snapshots.get("b") is None


def test_the_least_recently_used_makes_way(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 3)
    for moment, session in enumerate("ab", start=1):
        snapshots.put(session, ONE_MB)
        at(spoken, session, moment)
    snapshots.get("a")

    snapshots.put("c", ONE_MB + ONE_MB[: MB // 2])

    assert held(spoken) == {"a", "c"}


def test_its_own_earlier_one_is_no_reason_to_make_way(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 3)
    snapshots.put("a", ONE_MB)
    for _ in range(3):
        snapshots.put("b", ONE_MB)

    assert held(spoken) == {"a", "b"}


def test_more_than_the_budget_is_not_kept_nor_is_what_it_would_replace(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 1)
    snapshots.put("a", b"short")
    snapshots.put("a", ONE_MB + b"1")

    assert held(spoken) == set()


def test_off_removes_them_all_and_keeps_none(spoken: Vault, closed: Path) -> None:
    snapshots = Snapshots(spoken.blobs, 10)
    for session in "ab":
        snapshots.put(session, ONE_MB)

    snapshots.limit(0)
    snapshots.put("c", ONE_MB)

    assert held(spoken) == set()
    assert list((closed / "blobs").iterdir()) == []
    assert snapshots.room == 0


def test_a_smaller_budget_holds_for_what_is_there(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 10)
    for moment, session in enumerate("abc", start=1):
        snapshots.put(session, ONE_MB)
        at(spoken, session, moment)

    Snapshots(spoken.blobs, 2)

    assert held(spoken) == {"c"}  # a file is a little larger than what is in it


def test_the_last_room_on_a_disk_is_left(spoken: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEFT_FREE", spoken.blobs.free_bytes())

    Snapshots(spoken.blobs, 10).put("a", ONE_MB)

    assert held(spoken) == set()


def test_a_conversation_that_is_gone_keeps_nothing(spoken: Vault) -> None:
    Snapshots(spoken.blobs, 10).put("nobody", ONE_MB)

    assert held(spoken) == set()


def test_a_history_that_was_closed_meanwhile_is_no_error(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 10)
    spoken.close()

    snapshots.put("a", ONE_MB)

    assert snapshots.get("a") is None
    assert not list(spoken.files.blobs.glob("*"))


def test_how_much_is_written_in_a_time_is_measured(spoken: Vault) -> None:
    snapshots = Snapshots(spoken.blobs, 10)
    guessed = snapshots.writable_in(1)

    snapshots.put("a", ONE_MB)  # which tells how long a disk takes to answer
    assert snapshots.writable_in(1) == guessed

    snapshots.put("a", 4 * ONE_MB)

    assert snapshots.writable_in(1) != guessed
    assert snapshots.writable_in(2) == pytest.approx(2 * snapshots.writable_in(1), abs=2)


def test_before_a_disk_was_measured_a_usual_conversation_is_not_left_unsealed(
    spoken: Vault,
) -> None:
    """3,000 tokens of a 7B model with 28 layers and 4 heads of 128 for keys and values, at f16."""
    conversation = 3000 * 28 * 2 * 4 * 128 * 2
    snapshots = Snapshots(spoken.blobs, 1024)

    assert snapshots.writable_in(HALF_A_LOCK_S) >= conversation
