"""Times at either end of the calendar, which other programs write for "never"."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, CarriedTurn, carried_session
from desktop_app.vault.export import Form, exported
from desktop_app.vault.import_file import read_conversations
from desktop_app.vault.records import moment
from desktop_app.vault.vault import Vault
from tests.support.far_times import FAR, at_the_end_of_the_calendar


@pytest.mark.parametrize("milliseconds", [-62_135_596_800_000, -1, 0, 1_760_000_000_123, FAR])
def test_a_time_of_any_year_is_read_to_the_millisecond(milliseconds: int) -> None:
    read = moment(milliseconds)

    since = read - datetime(1970, 1, 1, tzinfo=UTC)
    assert (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000 == milliseconds


def test_in_a_history_that_has_one_it_stays_and_no_second_turn_comes_in(
    vault: Vault, tmp_path: Path
) -> None:
    at_the_end_of_the_calendar(vault, "far")
    carried = carried_session(vault.database, "far")
    assert carried is not None
    (tmp_path / "e").write_text(exported([carried], "json"))
    (session,) = read_conversations(tmp_path / "e").sessions
    assert (session.created, {turn.created for turn in session.turns}) == (None, {None})

    assert not bring_in(vault, read_conversations(tmp_path / "e"))

    assert carried_session(vault.database, "far") == carried
    assert {turn.created for turn in carried.turns} == {FAR}


def test_what_was_thrown_away_then_is_never_due(vault: Vault) -> None:
    at_the_end_of_the_calendar(vault, "far")
    vault.sessions.add("near", Turn(Role.USER, "一"))
    for session in ("near", "far"):
        vault.sessions.delete(session)
    vault.database.rows("UPDATE session SET deleted = ? WHERE id = 'far'", (FAR,))

    vault.trash.purge_due()

    thrown = {each.id: each.deleted for each in vault.sessions.trashed()}
    assert thrown["far"] == vault.trash.due(moment(FAR)) == moment(FAR)
    assert thrown.keys() == {"near", "far"}


@pytest.mark.parametrize(("written", "read"), [(0, None), (1, 1), (1000, 1000)])
def test_of_the_first_day_only_the_time_a_counter_begins_with_is_none(
    tmp_path: Path, written: int, read: int | None
) -> None:
    turn = CarriedTurn(Role.USER, "睡不着。", created=written)
    (tmp_path / "e").write_text(
        exported([CarriedSession("a", (turn,), created=written)], Form.JSON)
    )

    (session,) = read_conversations(tmp_path / "e").sessions

    assert (session.created, session.turns[0].created) == (read, read)


@pytest.mark.parametrize("never", [0, 0.0, 253_402_214_400, 253_402_300_799, 253_402_300_799.999])
def test_a_message_of_never_is_dated_as_what_it_follows(
    vault: Vault, tmp_path: Path, never: float
) -> None:
    said = {"author": {"role": "user"}, "content": {"parts": ["睡不着"]}}
    answered = {"author": {"role": "assistant"}, "content": {"parts": ["多久了？"]}}
    mapping = {
        "u": {"message": said | {"create_time": 1_700_000_000}, "parent": None, "children": ["a"]},
        "a": {"message": answered | {"create_time": never}, "parent": "u", "children": []},
    }
    plain = [{"title": "", "create_time": never, "current_node": "a", "mapping": mapping}]
    (tmp_path / "conversations.json").write_text(json.dumps(plain))

    bring_in(vault, read_conversations(tmp_path / "conversations.json"))

    (session,) = vault.sessions.kept()
    times = {turn.created for turn in vault.sessions.turns(session.id)}
    assert times == {moment(1_700_000_000_000)}
