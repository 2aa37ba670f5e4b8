from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.errors import BugError, MessageError
from desktop_app.vault.errors import SessionMissingError, VaultError
from desktop_app.vault.records import LONGEST_TITLE, new_session_id
from desktop_app.vault.vault import Vault

TEXTS = st.text(max_size=200) | st.sampled_from(
    ["\0", "a\0b", "\ufeff", "👩‍👩‍👧", "e\u0301", "\U0010ffff"]
)


def said(vault: Vault, session: str) -> list[str]:
    return [stored.turn.content for stored in vault.sessions.turns(session)]


def say(vault: Vault, session: str, *texts: str) -> None:
    for text in texts:
        vault.sessions.add(session, Turn(Role.USER, text))


@given(turns=st.lists(st.tuples(st.sampled_from(Role), TEXTS), min_size=1, max_size=6))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_comes_back_as_it_was(vault: Vault, turns: list[tuple[Role, str]]) -> None:
    session = new_session_id()
    for role, text in turns:
        vault.sessions.add(session, Turn(role, text))

    assert [s.turn for s in vault.sessions.turns(session)] == [Turn(*turn) for turn in turns]


@given(pieces=st.lists(TEXTS, max_size=6))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_reply_is_the_sum_of_its_pieces(vault: Vault, pieces: list[str]) -> None:
    session = new_session_id()
    say(vault, session, "在吗")
    reply = vault.sessions.begin_reply(session)
    for piece in pieces:
        vault.sessions.extend(reply, piece)
    vault.sessions.finish(reply, TurnState.COMPLETE)

    whole = "".join(pieces)
    assert said(vault, session) == (["在吗", whole] if whole else ["在吗"])


def test_a_text_that_is_no_unicode_is_refused_and_nothing_is_kept(vault: Vault) -> None:
    with pytest.raises(MessageError):
        say(vault, "a", "半个字\ud800")

    assert vault.sessions.kept() == ()


def test_a_session_begins_with_its_first_turn(vault: Vault) -> None:
    say(vault, "a", "最近睡不好" + "。" * 100, "总是醒")

    (session,) = vault.sessions.kept()
    assert (session.id, session.title, session.turns) == ("a", "", 2)
    assert session.opening == "最近睡不好" + "。" * 75


@pytest.mark.parametrize("name", ["", "a b", "../x", "焦虑", "a" * 65, "a\n"])
def test_a_session_id_holds_nothing_a_person_wrote(vault: Vault, name: str) -> None:
    with pytest.raises(VaultError, match="编号"):
        say(vault, name, "在吗")


def test_the_session_last_spoken_in_comes_first(vault: Vault) -> None:
    say(vault, "a", "一")
    say(vault, "b", "二")
    say(vault, "a", "三")

    assert [session.id for session in vault.sessions.kept()] == ["a", "b"]


@pytest.mark.parametrize("state", [TurnState.COMPLETE, TurnState.STOPPED, TurnState.INTERRUPTED])
def test_a_reply_says_how_it_ended(vault: Vault, state: TurnState) -> None:
    say(vault, "a", "在吗")
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "我在")
    vault.sessions.finish(reply, state)

    assert vault.sessions.turns("a")[-1].state is state


def test_a_finished_reply_grows_no_more(vault: Vault) -> None:
    say(vault, "a", "在吗")
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "我在")
    vault.sessions.finish(reply, TurnState.COMPLETE)

    with pytest.raises(BugError):
        vault.sessions.extend(reply, "多余")
    assert said(vault, "a") == ["在吗", "我在"]


def test_a_person_names_a_session(vault: Vault) -> None:
    say(vault, "a", "在吗")

    vault.sessions.rename("a", "关于睡眠")

    assert vault.sessions.kept()[0].title == "关于睡眠"


def test_a_deleted_session_comes_back_whole(vault: Vault) -> None:
    say(vault, "a", "一", "二")
    before = vault.sessions.kept(), vault.sessions.turns("a")

    vault.sessions.delete("a")
    assert vault.sessions.kept() == ()
    assert [session.id for session in vault.sessions.trashed()] == ["a"]
    with pytest.raises(SessionMissingError, match="最近删除"):
        say(vault, "a", "三")

    vault.sessions.restore("a")
    assert (vault.sessions.kept(), vault.sessions.turns("a")) == before


def test_only_what_is_in_the_trash_can_be_purged(vault: Vault) -> None:
    say(vault, "a", "一")
    with pytest.raises(SessionMissingError):
        vault.sessions.purge("a")

    vault.sessions.delete("a")
    vault.sessions.purge("a")

    assert vault.sessions.trashed() == ()
    with pytest.raises(SessionMissingError):
        vault.sessions.restore("a")


@pytest.mark.parametrize(
    ("removed", "refuses"),
    [("purge", "the log"), ("purge", "the sealed files"), ("take_back", "the sealed files")],
)
def test_what_is_removed_is_no_failure_where_what_follows_is_refused(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, removed: str, refuses: str
) -> None:
    def refused() -> None:
        raise VaultError("vault.disk_failed", path=vault.files.history, reason="…")

    say(vault, "a", "一")
    if removed == "purge":
        vault.sessions.delete("a")
    if refuses == "the log":
        monkeypatch.setattr(vault.database, "checkpoint", refused)
    else:
        monkeypatch.setattr(vault.sessions, "purged", refused)
    getattr(vault.sessions, removed)("a")

    assert vault.sessions.trashed() == vault.sessions.kept() == ()


@pytest.mark.parametrize("change", ["turns", "delete", "restore", "purge", "take_back"])
def test_an_unknown_session_is_one_sentence(vault: Vault, change: str) -> None:
    with pytest.raises(SessionMissingError, match="没有找到"):
        getattr(vault.sessions, change)("nobody")


def test_what_nobody_answered_can_be_taken_back(vault: Vault) -> None:
    say(vault, "a", "一")
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "嗯")
    vault.sessions.finish(reply, TurnState.COMPLETE)
    say(vault, "a", "二", "三")

    assert vault.sessions.take_back("a") == Turn(Role.USER, "三")
    assert said(vault, "a") == ["一", "嗯", "二"]


def test_a_reply_cannot_be_taken_back(vault: Vault) -> None:
    say(vault, "a", "一")
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, "嗯")
    vault.sessions.finish(reply, TurnState.COMPLETE)

    assert vault.sessions.take_back("a") is None
    assert said(vault, "a") == ["一", "嗯"]


def test_a_title_goes_with_the_only_message_taken_back(vault: Vault) -> None:
    say(vault, "a", "一")
    vault.sessions.rename("a", "我的标题")
    vault.sessions.take_back("a")

    say(vault, "a", "二")

    assert [session.title for session in vault.sessions.kept()] == [""]


def test_a_session_taken_back_whole_is_no_session(vault: Vault) -> None:
    say(vault, "a", "一")

    vault.sessions.take_back("a")

    assert vault.sessions.kept() == ()


def test_turn_ids_are_never_used_again(vault: Vault) -> None:
    first = vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.take_back("a")

    assert vault.sessions.add("a", Turn(Role.USER, "二")) > first


def test_threads_take_turns(vault: Vault) -> None:
    def talk(name: str) -> None:
        say(vault, name, *map(str, range(40)))

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(said(vault, name) == [str(n) for n in range(40)] for name in "abcd")


def test_a_title_is_one_line_and_not_endless(vault: Vault) -> None:
    say(vault, "a", "你好")
    vault.sessions.rename("a", " 夜里\n  睡不着 ")
    assert vault.sessions.kept()[0].title == "夜里 睡不着"
    vault.sessions.rename("a", "夜" * 300_000)
    assert vault.sessions.kept()[0].title == "夜" * LONGEST_TITLE
