from __future__ import annotations

import random
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.errors import SessionMissingError
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.vault_fixtures import PASSPHRASE


def said(vault: Vault, session: str = "a") -> list[str]:
    return [stored.turn.content for stored in vault.sessions.turns(session)]


def say(vault: Vault, text: str, session: str = "a") -> int:
    return vault.sessions.add(session, Turn(Role.USER, text))


def reply(vault: Vault, text: str, instead_of: int | None = None, session: str = "a") -> int:
    number = vault.sessions.begin_reply(session, instead_of=instead_of)
    vault.sessions.extend(number, text)
    vault.sessions.finish(number, TurnState.COMPLETE)
    return number


def test_a_turn_said_once_is_its_only_version(vault: Vault) -> None:
    turn = say(vault, "一")

    (stored,) = vault.sessions.turns("a")
    assert (stored.versions, stored.version) == ((turn,), 1)


def test_an_edited_message_is_another_version_without_a_reply(vault: Vault) -> None:
    first = say(vault, "一")
    reply(vault, "答一")

    second = vault.sessions.edit("a", first, "壹")

    (stored,) = vault.sessions.turns("a")
    assert (stored.turn.content, stored.versions, stored.version) == ("壹", (first, second), 2)


def test_a_reply_regenerated_is_another_version_of_it(vault: Vault) -> None:
    say(vault, "一")
    first = reply(vault, "答一")
    say(vault, "二")

    second = reply(vault, "再答一", instead_of=first)

    assert said(vault) == ["一", "再答一"]
    assert vault.sessions.turns("a")[1].versions == (first, second)


def test_what_followed_a_version_comes_back_with_it(vault: Vault) -> None:
    say(vault, "一")
    first = reply(vault, "答一")
    for text in ("二", "三"):
        say(vault, text)
    second = reply(vault, "再答一", instead_of=first)
    say(vault, "另外")

    vault.sessions.choose("a", first)
    assert said(vault) == ["一", "答一", "二", "三"]

    vault.sessions.choose("a", second)
    assert said(vault) == ["一", "再答一", "另外"]


def test_a_turn_deep_in_another_version_can_be_chosen(vault: Vault) -> None:
    first = say(vault, "一")
    reply(vault, "答一")
    deep = say(vault, "二")
    vault.sessions.edit("a", first, "壹")

    vault.sessions.choose("a", deep)

    assert said(vault) == ["一", "答一", "二"]


def test_a_reply_without_a_character_leaves_the_version_before(vault: Vault) -> None:
    say(vault, "一")
    first = reply(vault, "答一")
    say(vault, "二")

    empty = vault.sessions.begin_reply("a", instead_of=first)
    vault.sessions.finish(empty, TurnState.STOPPED)

    assert said(vault) == ["一", "答一", "二"]


def test_a_reply_without_a_character_leaves_the_version_that_was_read(vault: Vault) -> None:
    say(vault, "一")
    first = reply(vault, "答一")
    say(vault, "二")
    for text in ("再答一", "又答一"):
        reply(vault, text, instead_of=first)
    vault.sessions.choose("a", first)

    empty = vault.sessions.begin_reply("a", instead_of=first)
    vault.sessions.finish(empty, TurnState.INTERRUPTED)

    assert said(vault) == ["一", "答一", "二"]


def test_an_edit_taken_back_leaves_the_version_that_was_read(vault: Vault) -> None:
    first = say(vault, "一")
    reply(vault, "答一")
    vault.sessions.edit("a", first, "壹")
    vault.sessions.choose("a", first)
    vault.sessions.edit("a", first, "1")

    vault.sessions.take_back("a")

    assert said(vault) == ["一", "答一"]


def test_where_what_was_read_is_not_known_the_newest_version_stands_again(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        first = say(vault, "一")
        for text in ("壹", "1"):
            vault.sessions.choose("a", first)
            vault.sessions.edit("a", first, text)

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.take_back("a")

        assert said(vault) == ["壹"]


def test_an_edit_taken_back_leaves_the_version_before(vault: Vault) -> None:
    first = say(vault, "一")
    reply(vault, "答一")
    vault.sessions.edit("a", first, "壹")

    assert vault.sessions.take_back("a") == Turn(Role.USER, "壹")

    assert said(vault) == ["一", "答一"]


def test_the_list_counts_and_names_what_was_chosen(vault: Vault) -> None:
    first = say(vault, "一")
    reply(vault, "答一")
    vault.sessions.edit("a", first, "壹")

    (session,) = vault.sessions.kept()

    assert (session.opening, session.turns) == ("壹", 1)


def test_a_version_that_is_not_shown_is_found(vault: Vault) -> None:
    first = say(vault, "焦虑")
    vault.sessions.edit("a", first, "平静")

    (hit,) = vault.search.find("焦虑")

    assert (hit.turn, hit.chosen, hit.title) == (first, False, "平静")


def test_versions_go_with_their_session(vault: Vault) -> None:
    vault.sessions.edit("a", say(vault, "焦虑"), "平静")
    vault.sessions.delete("a")
    vault.sessions.purge("a")

    assert vault.database.rows("SELECT * FROM turn") == []


@pytest.mark.parametrize("act", ["edit", "choose", "reply"])
def test_a_turn_of_another_session_is_refused(vault: Vault, act: str) -> None:
    turn = say(vault, "一")
    say(vault, "二", session="b")
    acts = {
        "edit": lambda: vault.sessions.edit("b", turn, "壹"),
        "choose": lambda: vault.sessions.choose("b", turn),
        "reply": lambda: vault.sessions.begin_reply("b", instead_of=turn),
    }

    with pytest.raises(SessionMissingError):
        acts[act]()
    assert (said(vault), said(vault, "b")) == (["一"], ["二"])


def test_only_a_person_s_message_is_edited_and_only_a_reply_made_anew(vault: Vault) -> None:
    message = say(vault, "一")
    answer = reply(vault, "答一")

    with pytest.raises(SessionMissingError):
        vault.sessions.edit("a", answer, "壹")
    with pytest.raises(SessionMissingError):
        vault.sessions.begin_reply("a", instead_of=message)


def test_no_order_of_changes_loses_a_turn(vault: Vault) -> None:
    """Against a plain model: a dictionary from each turn to the one it followed."""
    chance = random.Random(7)
    followed: dict[int, int] = {}
    path: list[int] = []

    def through(turn: int) -> list[int]:
        above = [turn]
        while followed[above[0]]:
            above.insert(0, followed[above[0]])
        while below := [each for each, parent in followed.items() if parent == above[-1]]:
            above.append(max(below))
        return above

    for step in range(300):
        users = [t for at, t in enumerate(path) if at % 2 == 0]
        answers = [t for at, t in enumerate(path) if at % 2 == 1]
        match chance.choice(["go on", "go on", "edit", "regenerate", "choose"]):
            case "edit" if users:
                old = chance.choice(users)
                new = vault.sessions.edit("a", old, str(step))
                path = path[: path.index(old)]
            case "regenerate" if answers:
                old = chance.choice(answers)
                new = reply(vault, str(step), instead_of=old)
                path = path[: path.index(old)]
            case "choose" if followed:
                chosen = chance.choice(list(followed))
                vault.sessions.choose("a", chosen)
                path = through(chosen)
                assert [each.id for each in vault.sessions.turns("a")] == path
                continue
            case _:
                answering = len(path) % 2 == 1
                new = reply(vault, str(step)) if answering else say(vault, str(step))
        followed[new] = path[-1] if path else 0
        path.append(new)
        turns = vault.sessions.turns("a")
        assert [each.id for each in turns] == path
        assert all(
            list(each.versions) == sorted(t for t, p in followed.items() if p == followed[each.id])
            for each in turns
        )
