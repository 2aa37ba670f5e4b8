"""Conversations of whose branches the one last looked at holds no text: another is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.branches import SHOWING_NOTHING, SHOWN
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import carried_sessions
from desktop_app.vault.database import Database, Value
from desktop_app.vault.export import FORMAT, VERSION, Form, exported
from desktop_app.vault.import_file import read_conversations
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.pictured import PICTURE, node, pictured
from tests.support.vault_fixtures import PASSPHRASE


def shown(vault: Vault) -> list[list[str]]:
    return [
        [turn.turn.content for turn in vault.sessions.turns(session.id)]
        for session in vault.sessions.kept()
    ]


def brought_in(vault: Vault, path: Path, *conversations: Any) -> None:
    path.write_text(json.dumps(list(conversations)))
    bring_in(vault, read_conversations(path))


def test_where_a_picture_was_looked_at_the_words_beside_it_are_shown(
    vault: Vault, tmp_path: Path
) -> None:
    brought_in(vault, tmp_path / "c.json", pictured())

    assert shown(vault) == [["画一只猫", "好的"]]
    (listed,) = vault.sessions.kept()
    assert (listed.opening, listed.turns) == ("画一只猫", 2)
    text = exported(tuple(carried_sessions(vault.database)), Form.MD)
    assert "画一只猫" in text


@pytest.mark.parametrize("current", ["root", "system"])
def test_where_what_is_above_all_words_was_looked_at_the_newest_are_shown(
    vault: Vault, tmp_path: Path, current: str
) -> None:
    plain = pictured() | {"current_node": current}
    plain["mapping"]["u3"] = node("root", "user", "新的", [])
    plain["mapping"]["root"]["children"].append("u3")

    brought_in(vault, tmp_path / "c.json", plain)

    assert shown(vault) == [["新的"]]


@pytest.mark.parametrize("chosen", [True, False], ids=["its text lost", "none chosen"])
def test_our_own_json_shows_what_has_words(vault: Vault, tmp_path: Path, chosen: bool) -> None:
    turn = {"role": "user", "state": "complete", "created": 1, "after": None}
    turns = [
        turn | {"content": "早先的说法", "chosen": False},
        turn | {"content": "", "state": "damaged", "chosen": chosen},
    ]
    session = {"id": "a", "title": "", "created": None, "turns": turns}
    plain = {"format": FORMAT, "version": VERSION, "sessions": [session]}
    (tmp_path / "e.json").write_text(json.dumps(plain))

    bring_in(vault, read_conversations(tmp_path / "e.json"))

    assert shown(vault) == [["早先的说法"]]


@pytest.fixture
def without_a_path(vault: Vault) -> Vault:
    """A history as an earlier program left it: of one conversation nothing is shown."""
    vault.sessions.add("a", Turn(Role.USER, "睡不着"))
    vault.sessions.add("a", Turn(Role.ASSISTANT, "多久了？"))
    vault.sessions.add("b", Turn(Role.USER, "别的"))
    vault.database.rows("UPDATE turn SET chosen = 0 WHERE session = 'a'")
    vault.database.rows("DELETE FROM setting WHERE name = ?", (SHOWN,))
    return vault


def test_what_an_earlier_program_left_without_a_path_has_one_at_the_next_opening(
    without_a_path: Vault,
) -> None:
    folder = without_a_path.files.folder
    without_a_path.close()

    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert shown(again) == [["别的"], ["睡不着", "多久了？"]]


def test_all_conversations_are_looked_through_for_it_once(
    without_a_path: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = without_a_path.files.folder
    without_a_path.close()
    rows, asked = Database.rows, list[bool]()

    def noted(database: Database, statement: str, values: Sequence[Value] = ()) -> Any:
        asked.append(statement == SHOWING_NOTHING)
        return rows(database, statement, values)

    monkeypatch.setattr(Database, "rows", noted)
    for times in (1, 0):
        asked.clear()
        open_with_passphrase(folder, PASSPHRASE).close()
        assert sum(asked) == times


def test_until_it_has_one_it_is_listed_and_nothing_is_taken_back(without_a_path: Vault) -> None:
    sessions = without_a_path.sessions

    assert [(each.id, each.opening) for each in sessions.kept()] == [("b", "别的"), ("a", "")]
    assert sessions.take_back("a") is None


NUMBERS: Iterator[int] = count()
SAID = st.sampled_from(["睡不着", "", PICTURE])


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """A conversation of ChatGPT's: each node follows an earlier one, any of them was looked at."""
    mapping = {"0": node(None, "system", "", [])}
    for number in range(1, draw(st.integers(2, 8))):
        parent = str(draw(st.integers(0, number - 1)))
        role = draw(st.sampled_from(["user", "assistant", "tool"]))
        mapping[str(number)] = node(parent, role, draw(SAID), [])
        mapping[parent]["children"].append(str(number))
    current = draw(st.sampled_from([*mapping, "nowhere"]))
    name = f"tree-{next(NUMBERS)}"
    return {"title": "", "conversation_id": name, "current_node": current, "mapping": mapping}


@given(plain=trees())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_tree_comes_in_something_of_it_is_shown(
    vault: Vault, tmp_path: Path, plain: dict[str, Any]
) -> None:
    (tmp_path / "c.json").write_text(json.dumps([plain]))
    file = read_conversations(tmp_path / "c.json")

    bring_in(vault, file)

    for session in file.sessions:
        assert vault.sessions.turns(session.id)
    assert all(each.opening for each in vault.sessions.kept())


def test_one_of_a_history_that_is_rescued_shows_something_from_then_on(
    vault: Vault, folder: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "在吗"))
    vault.database.rows("UPDATE turn SET chosen = 0")  # as an earlier program brought it in
    vault.database.rows("DELETE FROM setting WHERE name = ?", (SHOWN,))
    dek = vault.keys.dek
    vault.close()

    with open_rescued(folder, dek) as rescued:
        assert shown(rescued) == [["在吗"]]
