from __future__ import annotations

from collections.abc import Callable

import pytest

from desktop_app.conversation.open_session import OpenSession, begun, kept, off_the_record
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.engine.protocol import Finished, Stop
from desktop_app.vault.errors import SessionMissingError
from desktop_app.vault.records import new_session_id
from desktop_app.vault.vault import Vault


def said(*texts: str) -> list[Turn]:
    """Turns of alternating speakers, the person first."""
    return [Turn((Role.USER, Role.ASSISTANT)[n % 2], text) for n, text in enumerate(texts)]


def reply_to(opened: OpenSession, text: str, stop: Stop = "end") -> Reply:
    """What a counsellor returns for the open question."""
    turns = Turn(Role.USER, opened.question()), Turn(Role.ASSISTANT, text)
    finished = Finished(
        text=text,
        stop=stop,
        prompt_tokens=1,
        evaluated_tokens=1,
        reply_tokens=1,
        ttft_ms=1.0,
        tokens_per_s=1.0,
    )
    return Reply(opened.session.add(*turns), finished)


def answer(opened: OpenSession, message: str, reply: str, stop: Stop = "end") -> TurnState:
    opened.say(message)
    opened.write(reply)
    state = opened.keep(reply_to(opened, reply, stop))
    opened.settle()
    return state


@pytest.fixture
def stored(vault: Vault) -> Callable[[str], list[tuple[Role, str, TurnState]]]:
    def turns(session: str) -> list[tuple[Role, str, TurnState]]:
        found = vault.sessions.turns(session)
        return [(each.turn.role, each.turn.content, each.state) for each in found]

    return turns


def test_what_was_said_and_answered_is_there_when_the_session_is_opened_again(
    vault: Vault,
) -> None:
    first = begun(vault.sessions, new_session_id())
    answer(first, "睡不着。", "从什么时候开始的？")
    assert first.id is not None
    again, turns = kept(vault.sessions, first.id)
    assert list(again.session.turns) == said("睡不着。", "从什么时候开始的？")
    assert [each.turn for each in turns] == said("睡不着。", "从什么时候开始的？")


def test_a_new_session_enters_the_history_with_its_first_message(vault: Vault) -> None:
    opened = begun(vault.sessions, new_session_id())
    assert vault.sessions.kept() == ()
    opened.say("你好。")
    assert [each.id for each in vault.sessions.kept()] == [opened.id]


def test_a_message_is_durable_before_a_reply_is_asked_for(
    vault: Vault, stored: Callable[[str], list[tuple[Role, str, TurnState]]]
) -> None:
    opened = begun(vault.sessions, "talk")
    opened.say("你好。")
    assert stored("talk") == [(Role.USER, "你好。", TurnState.COMPLETE)]


@pytest.mark.parametrize(
    ("stop", "state"),
    [
        ("end", TurnState.COMPLETE),
        ("length", TurnState.CUT),
        ("cancelled", TurnState.STOPPED),
    ],
)
def test_a_reply_is_kept_with_how_it_ended(
    vault: Vault,
    stored: Callable[[str], list[tuple[Role, str, TurnState]]],
    stop: Stop,
    state: TurnState,
) -> None:
    opened = begun(vault.sessions, "talk")
    assert answer(opened, "你好。", "我在。", stop) is state
    assert stored("talk")[-1] == (Role.ASSISTANT, "我在。", state)


def test_what_came_of_a_reply_that_broke_off_stays_for_person_model_and_history(
    vault: Vault, stored: Callable[[str], list[tuple[Role, str, TurnState]]]
) -> None:
    opened = begun(vault.sessions, "talk")
    opened.say("你好。")
    opened.write("我在")
    opened.leave_off(TurnState.INTERRUPTED)
    opened.settle()
    assert stored("talk")[-1] == (Role.ASSISTANT, "我在", TurnState.INTERRUPTED)
    assert list(opened.session.turns) == said("你好。", "我在")
    assert not opened.waits_for_reply


def test_a_reply_without_a_character_leaves_the_message_waiting(
    vault: Vault, stored: Callable[[str], list[tuple[Role, str, TurnState]]]
) -> None:
    opened = begun(vault.sessions, "talk")
    opened.say("你好。")
    opened.leave_off(TurnState.STOPPED)
    opened.settle()
    assert opened.waits_for_reply
    assert len(stored("talk")) == 1


def test_messages_without_a_reply_are_asked_together(vault: Vault) -> None:
    opened = begun(vault.sessions, "talk")
    opened.say("第一句。")
    opened.say("第二句。")
    assert opened.question() == "第一句。\n\n第二句。"


def test_messages_without_a_reply_still_wait_when_the_session_is_opened_again(
    vault: Vault,
) -> None:
    opened = begun(vault.sessions, "talk")
    answer(opened, "第一句。", "嗯。")
    opened.say("第二句。")
    opened.say("第三句。")
    again, _ = kept(vault.sessions, "talk")
    assert again.question() == "第二句。\n\n第三句。"
    assert list(again.session.turns) == said("第一句。", "嗯。")


def test_messages_answered_together_are_one_turn_for_the_model_when_opened_again(
    vault: Vault,
) -> None:
    opened = begun(vault.sessions, "talk")
    opened.say("第一句。")
    answer(opened, "第二句。", "嗯。")
    again, turns = kept(vault.sessions, "talk")
    assert list(again.session.turns) == said("第一句。\n\n第二句。", "嗯。")
    assert len(turns) == 3


def test_taking_back_removes_the_last_message_alone_and_from_the_history_too(
    vault: Vault, stored: Callable[[str], list[tuple[Role, str, TurnState]]]
) -> None:
    opened = begun(vault.sessions, "talk")
    answer(opened, "第一句。", "嗯。")
    opened.say("第二句。")
    opened.say("太长了。")
    assert opened.take_back() == "太长了。"
    assert opened.question() == "第二句。"
    assert len(stored("talk")) == 3


def test_off_the_record_nothing_reaches_the_history(vault: Vault) -> None:
    opened = off_the_record()
    answer(opened, "别记下来。", "好。")
    assert opened.id is None
    assert list(opened.session.turns) == said("别记下来。", "好。")
    assert vault.sessions.kept() == ()


def test_a_session_that_is_not_there_cannot_be_opened(vault: Vault) -> None:
    with pytest.raises(SessionMissingError):
        kept(vault.sessions, "nobody")
