from __future__ import annotations

import threading

import pytest

from desktop_app.conversation.record import Recorded
from desktop_app.dialogue import TurnState
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.sessions import Sessions
from desktop_app.vault.vault import Vault

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
    record.finish(TurnState.COMPLETE)
    assert replies(sessions) == [("我在", TurnState.COMPLETE)]


def test_no_thread_outlives_a_reply(record: Recorded) -> None:
    before = threading.active_count()
    record.write("我在")
    record.finish(TurnState.COMPLETE)
    assert threading.active_count() == before


def test_what_a_full_disk_refused_is_written_before_the_next_message(
    record: Recorded, sessions: WatchedSessions
) -> None:
    sessions.fill()
    record.write(LONG)
    with pytest.raises(DiskFullError):
        record.finish(TurnState.COMPLETE)
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
    with pytest.raises(DiskFullError):
        record.finish(TurnState.STOPPED)
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
    with pytest.raises(DiskFullError):
        record.finish(TurnState.STOPPED)
    assert replies(sessions) == [("我", TurnState.GROWING)]
    sessions.make_room()
    record.say("还在吗？")
    assert replies(sessions)[0] == ("我" + LONG, TurnState.STOPPED)
