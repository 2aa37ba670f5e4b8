"""Repetition in Chinese: a loop is broken, what people write is let alone."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import llama_cpp.llama_cpp as C  # noqa: N812 - as in the engine
import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.llama import Llama
from desktop_app.engine.placement import BATCH
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampler import sampler_chain
from desktop_app.engine.sampling import GREEDY, Sampling, sampling_from
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from desktop_app.models.library import find_model
from tests.support.engine_tiny import write_tiny_model
from tests.support.source_tree import ROOT
from tests.unit.engine.test_process import HELLO, finished

SENTENCE = ("我", "很", "难", "过", "。")
SILENT = sampling_from({"temperature": 0.7, "top_p": 0.8, "top_k": 20})
"""Of a model whose maker said nothing of repetition, as most do."""
LEVEL = 10.0
"""Every candidate's logit before the penalties."""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Llama, Sampling]:
    model = find_model(None, tmp_path_factory.mktemp("none"))
    return Llama(str(model.path), n_ctx=2048, threads=1), sampling_from(model.manifest.sampling)


def penalties(llama: Llama, sampling: Sampling, ids: list[int]) -> list[float]:
    """Return how much is taken from each token's logit when the ones before it were said."""
    size = C.llama_vocab_n_tokens(llama.vocabulary.handle)
    alike = (C.llama_token_data * size)(*((number, LEVEL, 0.0) for number in range(size)))
    taken = []
    with sampler_chain(llama, sampling, []) as chain:
        for token in ids:
            data = type(alike).from_buffer_copy(alike)
            candidates = C.llama_token_data_array(data, size, -1, False)
            C.llama_sampler_apply(chain, ctypes.byref(candidates))
            assert data[token].id == token
            taken.append(LEVEL - data[token].logit)
            C.llama_sampler_accept(chain, token)
    return taken


def logit_after(llama: Llama, sampling: Sampling, prompt: list[int], token: int) -> float:
    """Return the logit that a model gives a token after a prompt, penalties and all."""
    size = C.llama_vocab_n_tokens(llama.vocabulary.handle)
    llama.clear()
    for start in range(0, len(prompt), BATCH):
        assert llama.decode(prompt[start : start + BATCH]) == 0
    logits = C.llama_get_logits_ith(llama.context, -1)
    data = (C.llama_token_data * size)(*((number, logits[number], 0.0) for number in range(size)))
    candidates = C.llama_token_data_array(data, size, -1, False)
    with sampler_chain(llama, sampling, prompt) as chain:
        C.llama_sampler_apply(chain, ctypes.byref(candidates))
    (found,) = (each.logit for each in data if each.id == token)
    return float(found)


ENDS = (0, 2)  # end_ids of model.json
CLOSING = "谢谢你愿意告诉我这些，祝你今晚睡个好觉。"


def test_the_end_after_closing_words_that_were_said_before_costs_nothing(
    shipped: tuple[Llama, Sampling],
) -> None:
    llama, sampling = shipped
    source = llama.chat_template() or ""
    template = ChatTemplate(source, bos="", eos=llama.vocabulary.text(llama.vocabulary.eos))
    closed = (Turn(Role.USER, "晚安。"), Turn(Role.ASSISTANT, CLOSING))
    transcript = Transcript(template, llama.vocabulary)
    prompt = transcript.tokens((*closed * 4, Turn(Role.USER, "晚安。")))
    said = llama.vocabulary.encode(CLOSING, special=False)
    off = replace(sampling, dry_multiplier=0.0)
    before, last = [*prompt, *said[:-1]], said[-1]

    for end in ENDS:
        assert llama.vocabulary.ends(end)
        without = logit_after(llama, off, [*before, last], end)
        assert logit_after(llama, sampling, [*before, last], end) == without
    # and DRY is at work there: the last word of the closing costs more than any logit
    assert logit_after(llama, sampling, before, last) < logit_after(llama, off, before, last) - 100


def test_an_end_that_is_no_mark_costs_nothing_either(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path, says=("好", "的", "完"), ends=False, turn_ends_with="完")
    llama = Llama(str(model), n_ctx=256, threads=1)
    size = C.llama_vocab_n_tokens(llama.vocabulary.handle)
    good, indeed, end = range(size - 3, size)
    assert llama.vocabulary.ends(end)

    assert max(penalties(llama, SILENT, [good, indeed, end] * 9)) == 0.0
    assert max(penalties(llama, SILENT, [good, indeed] * 9)) > 100


def test_a_loop_of_a_chinese_sentence_is_broken(
    shipped: tuple[Llama, Sampling], tmp_path: Path
) -> None:
    model = write_tiny_model(tmp_path, says=SENTENCE, ends=False)
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        free, held, silent = (
            finished(engine.reply(Request(HELLO, sampling, 60))).text
            for sampling in (GREEDY, shipped[1].greedy(), SILENT.greedy())
        )

    assert free == "我很难过。" * 12
    for broken in (held, silent):
        assert broken.startswith("我很难过。")
    assert held.count("我很难过。") <= 3
    assert silent.count("我很难过。") <= 5


def test_the_penalty_of_a_loop_grows_until_no_model_goes_on(
    shipped: tuple[Llama, Sampling],
) -> None:
    llama, sampling = shipped
    ids = llama.vocabulary.encode("我很难过。" * 20, special=False)

    taken = penalties(llama, sampling, ids)
    assert taken[:2] == [0.0, 0.0]
    assert max(taken[:20]) > 1000


def taken_from(llama: Llama, sampling: Sampling, texts: Iterable[str]) -> list[float]:
    encoded = (llama.vocabulary.encode(text, special=False)[:150] for text in texts)
    taken = [each for ids in encoded for each in penalties(llama, sampling, ids)]
    assert len(taken) > 400
    return taken


def sampling_of(whose: str, shipped: Sampling) -> Sampling:
    return shipped if whose == "shipped" else SILENT.greedy()


@pytest.mark.parametrize("whose", ["shipped", "silent"])
def test_what_people_write_in_chinese_is_not_touched(
    shipped: tuple[Llama, Sampling], whose: str
) -> None:
    llama, sampling = shipped
    letters = (ROOT / "tests" / "support" / "letters.zh.txt").read_text("utf-8").splitlines()
    assert max(taken_from(llama, sampling_of(whose, sampling), letters)) <= 2.0


@pytest.mark.parametrize(("whose", "touched"), [("shipped", 0.05), ("silent", 0.03)])
def test_a_page_that_names_the_same_things_again_is_hardly_touched(
    shipped: tuple[Llama, Sampling], whose: str, touched: float
) -> None:
    """1 token in 40 follows two that came before it with it."""
    llama, sampling = shipped
    page = resources.files("resources.crisis_protocol").joinpath("zh.md").read_text("utf-8")
    paragraphs = [text for text in page.split("\n\n") if len(text) > 60][:6]
    taken = taken_from(llama, sampling_of(whose, sampling), paragraphs)
    assert sum(each > 2.0 for each in taken) / len(taken) <= touched
    assert sum(each > 6.0 for each in taken) / len(taken) <= 0.03


@pytest.mark.parametrize("mark", ["<|endoftext|>", "<|im_end|>", "<|im_start|>"])
def test_a_reply_ends_at_every_mark_that_can_end_one(tmp_path: Path, mark: str) -> None:
    model = write_tiny_model(tmp_path, says="你", ends=mark)
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        last = finished(engine.reply(Request(HELLO, GREEDY, 50)))

    assert (last.text, last.stop) == ("你", "end")


def test_a_reply_ends_at_a_second_end_that_the_file_names_and_that_is_no_mark(
    tmp_path: Path,
) -> None:
    model = write_tiny_model(tmp_path, says=("好", "的", "完"), ends=False, turn_ends_with="完")
    with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
        last = finished(engine.reply(Request(HELLO, GREEDY, 50)))

    assert (last.text, last.stop) == ("好的", "end")
