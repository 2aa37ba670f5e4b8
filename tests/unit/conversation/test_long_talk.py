"""Three hundred turns through a context of 4,096 tokens: a real model, whose cache can be seen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean

import llama_cpp
import pytest

from desktop_app.commands.bench_model import Shape, write_random_model
from desktop_app.conversation.budget import DOWN_TO, FOR_SUMMARY, NEARLY_FULL, summary_tokens
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.models.library import SHIPPED, shipped_folder
from tests.support.engine_here import EngineHere

SMALL = Shape(hidden=64, ffn=128, heads=2, kv_heads=1, layers=2, vocabulary=8200)
N_CTX = 4096
ROOM = N_CTX - 512
TURNS = 300
SYSTEM = "你是一位耐心的倾听者。"
NAME = "我叫林小雨，今年27岁，在上海做设计。"
SCRIPT = (
    "第{n}天，还是睡不好，躺下以后脑子里停不下来。",
    "组长今天又改了{n}处，我总觉得自己做得不够好。",
    "我试过跟他沟通，可是一开口就紧张，什么都没说出来。",
    "家里人说我想太多了，让我放宽心，可是听了反而更难受。",
    "周末我去公园走了{n}步，那个时候会轻松一些。",
    "你觉得我是不是应该换一份工作？",
)
REPLY_TOKENS = 12


def script(turn: int) -> str:
    return NAME if turn == 3 else SCRIPT[turn % len(SCRIPT)].format(n=turn)


def wanted() -> bool:
    return True


@dataclass(slots=True)
class Talked:
    """A conversation as it went, by turn."""

    evaluated: list[int] = field(default_factory=list)
    behind: list[int] = field(default_factory=list)
    """Tokens read when nobody waited."""
    seen: list[tuple[Turn, ...]] = field(default_factory=list)
    begins_with_its_prefix: list[bool] = field(default_factory=list)
    unseen: list[int] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    filled: list[tuple[int, int, int]] = field(default_factory=list)
    """Before and after each time turns were dropped, and what of it is the summary."""
    session: Session = field(default_factory=Session)


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Talked:
    model = tmp_path_factory.mktemp("random") / "random.gguf"
    write_random_model(model, SMALL, shipped_folder() / f"{SHIPPED}.gguf")
    engine, talked = EngineHere(model, N_CTX), Talked()
    counsellor = Counsellor(engine, system=SYSTEM, sampling=GREEDY)
    compared = random.Random(1).sample(range(TURNS), 20)

    def look(request: Request) -> None:
        """Note what the model reads, where it is asked to reply."""
        if len(talked.seen) > turn:  # asked for a summary
            return
        talked.seen.append(request.turns)
        prefix = engine.transcript.beginning(request.turns[:1])
        talked.begins_with_its_prefix.append(engine.context.tokens[: len(prefix)] == prefix)
        if turn in compared:
            talked.errors.append(engine.error_of_logits())

    engine.asked = look
    session = Session()
    for turn in range(TURNS):
        *_, reply = counsellor.answer(session, script(turn), max_tokens=REPLY_TOKENS)
        assert isinstance(reply, Reply)
        assert len(reply.session.turns) == 2 * turn + 2
        talked.evaluated.append(reply.finished.evaluated_tokens)
        session, before = reply.session, _needed(engine, reply.session)
        shorter = counsellor.make_room(session, "", wanted)
        if shorter.unseen > session.unseen:
            size = summary_tokens(shorter, engine.count)
            talked.filled.append((before, _needed(engine, shorter), size))
        session = shorter
        talked.behind.append(counsellor.read_ahead(session, "", wanted))
        talked.unseen.append(session.unseen)
    talked.session = session
    return talked


def _needed(engine: EngineHere, session: Session) -> int:
    return engine.count(session.add(Turn(Role.USER, "")).visible())


def test_the_cache_is_kept_in_16_bits() -> None:
    params = llama_cpp.llama_context_default_params()

    assert (params.type_k, params.type_v) == (llama_cpp.GGML_TYPE_F16, llama_cpp.GGML_TYPE_F16)


def test_logits_after_reuse_are_those_of_a_fresh_evaluation(talked: Talked) -> None:
    assert len(talked.errors) == 20
    assert max(talked.errors) <= 1e-6


def test_one_wrong_token_in_the_cache_would_be_noticed(tmp_path: Path) -> None:
    """The comparison's own control: what is reused here was another text's."""
    model = tmp_path / "random.gguf"
    write_random_model(model, SMALL, shipped_folder() / f"{SHIPPED}.gguf")
    engine = EngineHere(model, N_CTX)
    said = engine.transcript.tokens((Turn(Role.SYSTEM, SYSTEM), Turn(Role.USER, NAME)))

    assert engine.error_with_wrong_token(said, at=len(said) // 2) > 1e-6
    assert engine.error_with_wrong_token(said, at=None) <= 1e-6


def test_a_late_turn_costs_as_little_as_an_early_one(talked: Talked) -> None:
    early, late = mean(talked.evaluated[10:21]), mean(talked.evaluated[200:])

    assert late <= 1.3 * early


def test_no_turn_ever_waits_for_more_than_its_message(talked: Talked) -> None:
    assert max(talked.evaluated[1:]) < 60
    assert max(talked.behind) > 1000  # so much is read while nobody waits


def test_the_prefix_stands_word_for_word_before_every_reply(talked: Talked) -> None:
    assert all(talked.begins_with_its_prefix)
    assert all(turns[0].role is Role.SYSTEM for turns in talked.seen)
    assert all(turns[0].content.startswith(SYSTEM) for turns in talked.seen)


def test_the_speakers_alternate_and_the_person_begins(talked: Talked) -> None:
    for turns in talked.seen:
        assert turns[1].role is turns[-1].role is Role.USER
        assert all(one.role is not other.role for one, other in pairwise(turns[1:]))


def test_turns_go_in_large_steps_while_nobody_waits(talked: Talked) -> None:
    assert len(talked.filled) >= 3
    for before, after, summary in talked.filled:
        assert before > NEARLY_FULL * ROOM
        assert after <= DOWN_TO * ROOM
        assert 0 < summary <= FOR_SUMMARY * ROOM


def test_the_summary_changes_when_turns_go_and_never_else(talked: Talked) -> None:
    heads = [turns[0] for turns in talked.seen]
    changes = [turn for turn in range(1, TURNS) if heads[turn] != heads[turn - 1]]

    unseen = [0, *talked.unseen]
    assert len(heads) == TURNS
    assert changes == [turn for turn in range(1, TURNS) if unseen[turn] != unseen[turn - 1]]


def test_what_the_person_said_at_the_beginning_is_in_it_at_the_end(talked: Talked) -> None:
    assert talked.session.unseen > 400
    assert NAME in talked.session.summary.made.splitlines()
    assert NAME in talked.seen[-1][0].content
