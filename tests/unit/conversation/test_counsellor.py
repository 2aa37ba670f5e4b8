"""One turn through a real engine on a tiny model that answers 你."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.message import checked
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.process import ChildEngine
from desktop_app.engine.protocol import Piece
from desktop_app.engine.sampling import GREEDY
from desktop_app.errors import MessageError


@pytest.fixture
def counsellor(engine: ChildEngine) -> Counsellor:
    return Counsellor(engine, system="好", sampling=GREEDY)


def reply_of(counsellor: Counsellor, session: Session, message: str) -> Reply:
    *_, reply = counsellor.answer(session, message)
    assert isinstance(reply, Reply)
    return reply


def test_a_turn_adds_message_and_reply_to_a_new_session(counsellor: Counsellor) -> None:
    before = Session()
    after = reply_of(counsellor, before, " 您 ").session

    assert before.turns == ()
    assert after.turns == (Turn(Role.USER, "您"), Turn(Role.ASSISTANT, "你"))


def test_the_models_system_text_leads_every_transcript(counsellor: Counsellor) -> None:
    assert counsellor.fitted(Session(), "您").visible()[0] == Turn(Role.SYSTEM, "好")


def test_pieces_come_before_the_reply(counsellor: Counsellor) -> None:
    *pieces, _ = counsellor.answer(Session(), "您")

    assert pieces == [Piece("你")]


@pytest.mark.parametrize("message", ["", "  \n\t　"])
def test_an_empty_message_is_one_sentence(counsellor: Counsellor, message: str) -> None:
    with pytest.raises(MessageError, match="空"):
        reply_of(counsellor, Session(), message)


@pytest.mark.parametrize("length", [10_000, 100_000])
def test_a_message_too_long_for_the_model_is_one_sentence(
    counsellor: Counsellor, length: int
) -> None:
    with pytest.raises(MessageError, match=str(length)):
        reply_of(counsellor, Session(), "长" * length)


def test_half_a_surrogate_pair_is_one_sentence(counsellor: Counsellor) -> None:
    with pytest.raises(MessageError, match="字符"):
        reply_of(counsellor, Session(), "a\ud800b")


def test_a_conversation_longer_than_the_context_goes_on(
    counsellor: Counsellor, engine: ChildEngine
) -> None:
    engine.settings = replace(engine.settings, n_ctx=256)
    session = Session()
    for _ in range(12):
        session = reply_of(counsellor, session, "我今天很累").session

    assert len(session.turns) == 24
    assert session.unseen > 0
    assert session.visible()[0].role is Role.SYSTEM
    assert session.visible()[1].role is Role.USER


def test_a_session_shows_no_text_in_its_representation() -> None:
    session = Session((Turn(Role.USER, "紫色犀牛"),), system="紫色犀牛")

    assert "犀牛" not in repr(session)


def test_a_decomposed_message_is_composed() -> None:
    # Qwen2's tokenizer composes text before it splits it; llama.cpp's does not.
    assert checked("e\u0301tude") == "\u00e9tude"
