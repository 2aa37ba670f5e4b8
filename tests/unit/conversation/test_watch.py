"""The guard before and after the model, in one turn through a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.care.guard.fixed_replies import FixedReply, fixed_replies
from desktop_app.care.guard.verdict import Action, Level
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.reply import Reply
from desktop_app.conversation.watch import watch
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Piece
from desktop_app.engine.sampling import GREEDY
from tests.support.engine_tiny import write_tiny_model

GRAVE = {"zh": "我真的想自杀，已经想好怎么做了", "en": "i am going to kill myself tonight"}
WORDS = {each.id: each.text for each in fixed_replies()}


@pytest.fixture
def counsellor(engine: ChildEngine) -> Counsellor:
    return Counsellor(engine, system=None, sampling=GREEDY)


@pytest.fixture
def saying(tmp_path: Path) -> Iterator[Counsellor]:
    """A counsellor whose model says to anything that it is human."""
    model = write_tiny_model(tmp_path / "human", says=("我当然是", "真人，", "跟你一样。"))
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        yield Counsellor(engine, system=None, sampling=GREEDY)


def end_of(counsellor: Counsellor, session: Session, message: str) -> tuple[list[str], Reply]:
    *pieces, reply = counsellor.answer(session, message)
    assert isinstance(reply, Reply)
    return [each.text for each in pieces if isinstance(each, Piece)], reply


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_in_danger_is_answered_without_a_model(language: str) -> None:
    watched = watch(Session(), GRAVE[language])

    assert watched.verdict.level.rank >= Level.HIGH.rank
    assert watched.reply in {each[language] for each in WORDS.values()}


def test_suicide_is_asked_about_in_plain_words(counsellor: Counsellor) -> None:
    pieces, reply = end_of(counsellor, Session(), "我想自杀")

    assert "自杀" in "".join(pieces)
    assert reply.guard.action in {Action.CARD, Action.CARD_FIRST}
    assert reply.session.turns[-1].content == "".join(pieces)


def test_one_question_at_a_time_and_none_twice() -> None:
    session, heard = Session(), []
    while (words := watch(session, "我想自杀").reply) is not None:
        assert words.count("？") <= 1
        heard.append(words)
        session = session.add(Turn(Role.USER, "我想自杀"), Turn(Role.ASSISTANT, words))

    assert len(heard) == len(set(heard)) > 1


def test_after_all_of_them_the_model_goes_on_with_the_talk(counsellor: Counsellor) -> None:
    session = Session()
    while (words := watch(session, "我想自杀").reply) is not None:
        session = session.add(Turn(Role.USER, "我想自杀"), Turn(Role.ASSISTANT, words))

    assert end_of(counsellor, session, "我想自杀")[0] == ["你"]


def test_a_model_that_says_it_is_human_is_withheld(saying: Counsellor) -> None:
    pieces, reply = end_of(saying, Session(), "今天好累")

    assert reply.guard.action is Action.WITHHOLD
    assert "真人" not in "".join(pieces[:-1])
    assert pieces[-1].strip() == WORDS["withheld.human.1"]["zh"]
    assert "".join(pieces) == reply.finished.text
    assert reply.session.turns[-1] == Turn(Role.ASSISTANT, reply.finished.text)


@pytest.mark.parametrize(
    ("message", "language"), [("你是真人吗？", "zh"), ("Are you a real person?", "en")]
)
def test_who_asks_is_told_that_this_is_a_program(message: str, language: str) -> None:
    assert watch(Session(), message).reply == WORDS["asked.human.1"][language]


@pytest.mark.parametrize("message", ["你是不是觉得我很烦？", "are you there?", "他是真人吗"])
def test_other_questions_go_to_the_model(message: str) -> None:
    assert watch(Session(), message).reply is None


@pytest.mark.parametrize("each", fixed_replies(), ids=lambda each: each.id)
def test_fixed_words_name_their_guidance_and_no_clinician_yet(each: FixedReply) -> None:
    assert each.source
    assert each.reviewed_by == ""
    assert set(each.text) == {"zh", "en"}
