"""One damaged page takes its turns along and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop_app.conversation.open_session import kept
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.damaged_vault import damage_overflow, flip_a_byte, pages_by_kind
from tests.support.vault_disk import traces
from tests.support.vault_fixtures import PASSPHRASE

WHOLE = "完好的话"
LONG = "长" * 4000
"""Fills pages of its own, which hold nothing else."""


@pytest.fixture(autouse=True)
def nothing_readable(tmp_path: Path) -> Iterator[None]:
    """Whatever is done about damage, nothing that was said lies readable in any file."""
    yield
    assert [found for text in (WHOLE, LONG[:9]) for found in traces(tmp_path, text)] == []


@pytest.fixture
def damaged(vault: Vault) -> Iterator[Vault]:
    """A history with a conversation of which the reply is damaged, and a whole one."""
    vault.sessions.add("whole", Turn(Role.USER, WHOLE))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, LONG)
    vault.sessions.finish(reply, TurnState.COMPLETE)
    vault.sessions.add("a", Turn(Role.USER, "三"))
    damage_overflow(vault)
    with open_with_passphrase(vault.files.folder, PASSPHRASE) as opened:
        yield opened


def test_a_placeholder_stands_where_a_turn_cannot_be_read(damaged: Vault) -> None:
    turns = damaged.sessions.turns("a")

    assert [(turn.turn.role, turn.turn.content, turn.state) for turn in turns] == [
        (Role.USER, "一", TurnState.COMPLETE),
        (Role.ASSISTANT, "", TurnState.DAMAGED),
        (Role.USER, "三", TurnState.COMPLETE),
    ]


def test_the_list_and_other_conversations_are_as_ever(damaged: Vault) -> None:
    assert [session.id for session in damaged.sessions.kept()] == ["a", "whole"]
    assert [turn.turn.content for turn in damaged.sessions.turns("whole")] == [WHOLE]


def test_the_conversation_goes_on_without_it(damaged: Vault) -> None:
    conversation, turns = kept(damaged.sessions, "a")
    conversation.say("四")

    assert len(turns) == 3
    assert conversation.question() == "一\n\n三\n\n四"
    assert damaged.sessions.turns("a")[-1].turn.content == "四"


def test_the_conversation_goes_on_behind_a_damaged_last_reply(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.add("a", Turn(Role.USER, LONG))
    vault.sessions.add("whole", Turn(Role.USER, WHOLE))
    damage_overflow(vault)

    with open_with_passphrase(vault.files.folder, PASSPHRASE) as damaged:
        damaged.sessions.add("a", Turn(Role.USER, "三"))
        taken = damaged.sessions.take_back("a")
        damaged.sessions.add("a", Turn(Role.USER, "四"))

        assert taken == Turn(Role.USER, "三")
        contents = [turn.turn.content for turn in damaged.sessions.turns("a")]
        assert contents == ["一", "", "四"]


def test_a_damaged_unfinished_reply_does_not_keep_the_history_shut(vault: Vault) -> None:
    vault.sessions.add("whole", Turn(Role.USER, WHOLE))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, LONG)
    damage_overflow(vault)

    with open_with_passphrase(vault.files.folder, PASSPHRASE) as damaged:
        assert [turn.turn.content for turn in damaged.sessions.turns("whole")] == [WHOLE]
        states = [turn.state for turn in damaged.sessions.turns("a")]
        assert states == [TurnState.COMPLETE, TurnState.DAMAGED]


def test_search_gives_the_hits_that_can_be_read_and_counts_the_others(damaged: Vault) -> None:
    damaged.sessions.add("a", Turn(Role.USER, "长长短短"))

    hits = damaged.search.find("长")

    assert [hit.text for hit in hits] == ["长长短短"]
    assert damaged.search.left_out == 1
    damaged.search.find("短")
    assert damaged.search.left_out == 0


def test_verify_counts_it(damaged: Vault) -> None:
    findings = verify(damaged)

    assert not findings.whole
    assert not findings.pages_whole
    assert findings.unreadable_turns == 1


def test_verify_finds_nothing_in_a_whole_history(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "我很焦虑"))
    vault.sessions.add("a", Turn(Role.USER, "taken back"))
    vault.sessions.take_back("a")

    findings = verify(vault)

    assert findings.whole
    assert (findings.sessions, findings.turns) == (1, 1)


def test_verify_notices_a_turn_the_index_does_not_know(vault: Vault) -> None:
    turn = vault.sessions.add("a", Turn(Role.USER, "我很焦虑"))
    vault.database.rows("DELETE FROM words WHERE rowid = ?", (turn,))

    assert verify(vault).unfound_turns == 1


def test_verify_notices_a_word_the_index_lacks(vault: Vault) -> None:
    turn = vault.sessions.add("a", Turn(Role.USER, "我很焦虑"))
    vault.database.rows("UPDATE turn SET content = '我不焦虑' WHERE id = ?", (turn,))

    assert not verify(vault).index_whole


def test_verify_notices_a_damaged_envelope(vault: Vault) -> None:
    vault.files.envelope.write_bytes(vault.files.envelope.read_bytes()[:-2])

    assert not verify(vault).envelope_whole


def test_verify_changes_nothing(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "我很焦虑"))
    vault.database.checkpoint()
    before = vault.files.history.read_bytes()

    verify(vault)
    vault.database.checkpoint()

    assert vault.files.history.read_bytes() == before


@pytest.fixture
def said_then(vault: Vault) -> Iterator[Vault]:
    """A history in which everything said before today is damaged: one message in each of two."""
    days_ago = datetime.now(UTC) - timedelta(days=9)
    for session in ("a", "trashed"):
        turn = vault.sessions.add(session, Turn(Role.USER, LONG))
        before = int(days_ago.timestamp() * 1000)
        vault.database.rows("UPDATE turn SET created = ? WHERE id = ?", (before, turn))
    vault.sessions.add("b", Turn(Role.USER, "长话短说"))
    vault.sessions.delete("trashed")
    pages = pages_by_kind(vault)["turn/overflow"]
    vault.close()
    for page in pages:
        flip_a_byte(vault.files.history, page=page)
    with open_with_passphrase(vault.files.folder, PASSPHRASE) as opened:
        yield opened


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("filters", "left_out"),
    [
        ({}, 1),
        ({"session": "a"}, 1),
        ({"session": "b"}, 0),
        ({"until": YESTERDAY}, 1),
        ({"since": YESTERDAY}, 0),
        ({"since": YESTERDAY - timedelta(days=1), "session": "a"}, 0),
    ],
)
def test_of_hits_that_cannot_be_read_those_are_counted_that_were_asked_for(
    said_then: Vault, filters: dict[str, Any], left_out: int
) -> None:
    said_then.search.find("长", **filters)

    assert said_then.search.left_out == left_out
