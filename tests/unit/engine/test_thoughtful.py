"""No waiting with a model that can think, and is told not to behind each reply's header.

Its template leaves that out of history, so a reply stood there behind another header than the one
it was written behind, and was read again with every next message.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.conversation.counsellor import Counsellor
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.llama import Llama
from desktop_app.engine.protocol import Finished
from desktop_app.engine.sampling import GREEDY
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from tests.support.engine_here import EngineHere
from tests.support.engine_tiny import THOUGHTFUL, write_tiny_model

SAID = ("您", "今天又没有睡好", "嗯", "还是想不明白")
SAME = 1e-12
"""NMSE. What this model is made to say outweighs what it has read: a wrong token in its cache makes
1e-9 and more, the right ones 1e-18."""
AROUND = "<|im_end|>\n<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
"""What the template adds around a message, the header of its reply included."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path, template=THOUGHTFUL, says=("好", "的", "吧"))


def test_a_later_turn_evaluates_its_message_and_the_template(model: Path) -> None:
    engine = EngineHere(model, 1024)
    counsellor = Counsellor(engine, system="", sampling=GREEDY)
    around = len(engine.context.llama.vocabulary.encode(AROUND, special=True))
    costs, errors = list[Finished](), list[float]()
    engine.asked = lambda _: errors.append(engine.error_of_logits())

    session = Session()
    for message in SAID:
        *_, reply = counsellor.answer(session, message)
        assert isinstance(reply, Reply)
        assert reply.finished.text == "好的吧"
        costs.append(reply.finished)
        session = reply.session

    for message, cost in zip(SAID[1:], costs[1:], strict=True):
        assert cost.evaluated_tokens <= len(message.encode()) + around + 2
    assert max(errors) <= SAME


def test_one_wrong_token_in_its_cache_would_be_noticed(model: Path) -> None:
    engine = EngineHere(model, 1024)
    said = engine.transcript.tokens((Turn(Role.USER, SAID[1]),))

    assert engine.error_with_wrong_token(said, at=len(said) // 2) > 100 * SAME
    assert engine.error_with_wrong_token(said, at=None) <= SAME


def test_a_reply_stands_behind_the_header_it_was_written_behind(model: Path) -> None:
    llama = Llama(str(model), n_ctx=512, threads=1)
    transcript = Transcript(ChatTemplate(THOUGHTFUL, bos="", eos=""), llama.vocabulary)
    asked = transcript.tokens((Turn(Role.USER, "您"),))
    sampled = llama.vocabulary.encode("好", special=False)
    later = (Turn(Role.USER, "您"), Turn(Role.ASSISTANT, "好"), Turn(Role.USER, "嗯"))
    as_published = transcript.tokens(later)

    transcript.remember("好", tuple(sampled))

    assert transcript.tokens(later)[: len(asked) + len(sampled)] == [*asked, *sampled]
    assert as_published == llama.vocabulary.encode(
        "<|im_start|>user\n您<|im_end|>\n<|im_start|>assistant\n好<|im_end|>\n"
        "<|im_start|>user\n嗯<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        special=True,
    )
