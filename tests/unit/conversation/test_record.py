from __future__ import annotations

import threading

import pytest

from desktop_app.conversation.record import Recorded
from desktop_app.dialogue import TurnState
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.vault import Vault
from tests.support.held_commits import held_commits

PATIENCE_SECONDS = 30.0


LONG = "话" * 20_000
"""More than any page of the database has left."""


class WatchedSessions(Sessions):
    """The real sessions of a vault; says when a reply grew."""

    def __init__(self, vault: Vault) -> None:
        self.database = vault.sessions._database
        super().__init__(self.database)
        self.grew = threading.Event()

    def extend(self, reply: int, text: str) -> None:
        super().extend(reply, text)
        self.grew.set()

    def fill(self) -> None:
        """Let the file grow no more, as on a full disk."""
        self.database.rows("PRAGMA max_page_count=1")

    def make_room(self) -> None:
        self.database.rows("PRAGMA max_page_count=1000000")


@pytest.fixture
def sessions(vault: Vault) -> WatchedSessions:
    return WatchedSessions(vault)


@pytest.fixture
def record(sessions: WatchedSessions) -> Recorded:
    """The record of a session in which the person said something."""
    record = Recorded(sessions, "talk")
    record.say("你好。")
    return record


def replies(sessions: Sessions) -> list[tuple[str, TurnState]]:
    return [(turn.turn.content, turn.state) for turn in sessions.turns("talk")[1:]]


def test_a_reply_that_grows_no_more_is_durable_nevertheless(
    record: Recorded, sessions: WatchedSessions
) -> None:
    record.write("我")
    record.write("在")
    assert sessions.grew.wait(PATIENCE_SECONDS)
    assert replies(sessions) == [("我在", TurnState.GROWING)]
    record.end(TurnState.COMPLETE)
    record.settle()
    assert replies(sessions) == [("我在", TurnState.COMPLETE)]


def test_no_thread_outlives_a_reply(record: Recorded) -> None:
    before = threading.active_count()
    record.write("我在")
    record.end(TurnState.COMPLETE)
    record.settle()
    assert threading.active_count() == before


def test_who_writes_and_ends_a_reply_waits_for_no_disk(
    record: Recorded, sessions: WatchedSessions
) -> None:
    with held_commits(sessions.database) as held:
        record.write("我")
        assert held.one_waits.wait(PATIENCE_SECONDS)
        record.write("在")
        record.end(TurnState.STOPPED)
        assert not sessions.grew.is_set(), "the disk has had none of it yet"
    record.settle()
    assert replies(sessions) == [("我在", TurnState.STOPPED)]


def test_a_reply_that_has_ended_is_on_the_disk_before_the_next_message(
    record: Recorded, sessions: WatchedSessions
) -> None:
    record.write("我在")
    record.end(TurnState.STOPPED)
    record.say("还在吗？")
    assert [turn.turn.content for turn in sessions.turns("talk")] == ["你好。", "我在", "还在吗？"]


def test_the_end_of_no_reply_ends_no_later_one(record: Recorded, sessions: WatchedSessions) -> None:
    record.end(TurnState.INTERRUPTED)
    record.write("我在")
    record.settle()
    assert TurnState.INTERRUPTED not in {state for _, state in replies(sessions)}
    record.end(TurnState.COMPLETE)
    record.settle()
    assert replies(sessions) == [("我在", TurnState.COMPLETE)]


def test_what_a_full_disk_refused_is_written_before_the_next_message(
    record: Recorded, sessions: WatchedSessions
) -> None:
    sessions.fill()
    record.write(LONG)
    record.end(TurnState.COMPLETE)
    with pytest.raises(DiskFullError):
        record.settle()
    with pytest.raises(DiskFullError):
        record.say("还在吗？")
    sessions.make_room()
    record.say("还在吗？")
    assert [turn.turn.content for turn in sessions.turns("talk")] == ["你好。", LONG, "还在吗？"]


def test_what_a_full_disk_refused_can_be_written_without_another_message(
    record: Recorded, sessions: WatchedSessions
) -> None:
    sessions.fill()
    record.write(LONG)
    record.end(TurnState.STOPPED)
    for _ in range(2):
        with pytest.raises(DiskFullError):
            record.settle()
    sessions.make_room()
    record.settle()
    record.settle()
    assert replies(sessions) == [(LONG, TurnState.STOPPED)]


def test_a_disk_that_fills_in_the_middle_of_a_reply_costs_nothing_of_what_came(
    record: Recorded, sessions: WatchedSessions
) -> None:
    record.write("我")
    assert sessions.grew.wait(PATIENCE_SECONDS)
    sessions.fill()
    record.write(LONG)
    record.end(TurnState.STOPPED)
    with pytest.raises(DiskFullError):
        record.settle()
    assert replies(sessions) == [("我", TurnState.GROWING)]
    sessions.make_room()
    record.say("还在吗？")
    assert replies(sessions)[0] == ("我" + LONG, TurnState.STOPPED)
