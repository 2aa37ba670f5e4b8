"""A reply of which a backup has a part: it is there as far as either side has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.merge import Gain, merge
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault
from tests.support.two_histories import by_passphrase, merged, said_in


def broken_off(vault: Vault, session: str = "a") -> int:
    """Begin a reply and let the vault find it broken off, as after a crash; return its id."""
    vault.sessions.add(session, Turn(Role.USER, "一"))
    reply = vault.sessions.begin_reply(session)
    vault.sessions.extend(reply, "partial")
    return reply


def test_a_reply_backed_up_half_written_is_completed_by_a_later_backup(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    reply = broken_off(vault)
    write_backup(vault, tmp_path / "early")
    vault.sessions.extend(reply, " and whole")
    vault.sessions.finish(reply, TurnState.COMPLETE)
    write_backup(vault, tmp_path / "late")
    merged(tmp_path / "early", elsewhere)
    assert elsewhere.sessions.turns("a")[1].state is TurnState.INTERRUPTED

    with opened_backup(tmp_path / "late", elsewhere.files.folder, by_passphrase) as late:
        preview = late.preview(elsewhere)
        assert late.merge_into(elsewhere) == preview.gain

    assert preview.gain == Gain(sessions=1, completed_turns=1)
    assert any("1 条回复" in said for said in preview.sentences())
    (_, shown) = elsewhere.sessions.turns("a")
    assert (shown.turn.content, shown.state) == ("partial and whole", TurnState.COMPLETE)
    assert len(shown.versions) == 1
    assert [hit.session for hit in elsewhere.search.find("whole")] == ["a"]
    assert merged(tmp_path / "late", elsewhere) == Gain(sessions=1)


def test_a_half_written_reply_takes_nothing_from_a_whole_one(vault: Vault, tmp_path: Path) -> None:
    reply = broken_off(vault)
    write_backup(vault, tmp_path / "early")
    vault.sessions.extend(reply, " and whole")
    vault.sessions.finish(reply, TurnState.COMPLETE)

    assert merged(tmp_path / "early", vault) == Gain(sessions=1)
    assert said_in(vault) == ["一", "partial and whole"]


@pytest.mark.parametrize("order", [("好的。", "好的。慢慢来。"), ("好的。慢慢来。", "好的。")])
def test_a_whole_reply_that_another_begins_with_is_a_version_of_its_own(
    elsewhere: Vault, order: tuple[str, str]
) -> None:
    created = 1_700_000_000_000
    for text in order:
        message = CarriedTurn(Role.USER, "一", created=created)
        reply = CarriedTurn(Role.ASSISTANT, text, created=created, after=0)
        merge(elsewhere.database, [CarriedSession("a", (message, reply))], created)

    assert said_in(elsewhere) == ["一", order[0]]
    other = elsewhere.sessions.turns("a")[1].versions[1]
    elsewhere.sessions.choose("a", other)
    assert said_in(elsewhere) == ["一", order[1]]


def test_a_reply_without_a_character_comes_to_nothing(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.begin_reply("a")
    write_backup(vault, tmp_path / "b")

    assert merged(tmp_path / "b", elsewhere) == Gain(sessions=1, new_sessions=1, new_turns=1)
    assert said_in(elsewhere) == ["一"]


def test_a_reply_that_is_being_written_is_left_to_grow(vault: Vault, tmp_path: Path) -> None:
    reply = broken_off(vault)
    write_backup(vault, tmp_path / "b")

    assert merged(tmp_path / "b", vault) == Gain(sessions=1)

    vault.sessions.extend(reply, " and whole")
    vault.sessions.finish(reply, TurnState.COMPLETE)
    assert said_in(vault) == ["一", "partial and whole"]
