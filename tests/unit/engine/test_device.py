"""A model on a graphics processor: Vulkan, CUDA or Metal, with whatever llama.cpp is named.

    SOULCHAT_TEST_LLAMA_CPP=FOLDER pytest -m slow tests/unit/engine/test_device.py

FOLDER holds a `llama_cpp` package built for a device (`-DGGML_VULKAN=ON`, `-DGGML_CUDA=ON`), in
place of the installed one; without it, the installed one is taken if it has a device. Mesa's
lavapipe stands in for a card where there is none (tests/support/vulkan_build.sh makes both): it is
a processor, so Vulkan passes it over unless GGML_VK_VISIBLE_DEVICES=0 says otherwise.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.climb import TOLERATED_ERROR
from desktop_app.engine.devices import Device, devices_in, graphics
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Finished, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.models.library import find_model
from tests.support.engine_limited import laptop_for
from tests.support.engine_machine import GIB, shape_in
from tests.support.engine_tiny import Shape, write_tiny_model
from tests.unit.engine.test_process import HELLO

pytestmark = pytest.mark.slow

NAMED = os.environ.get("SOULCHAT_TEST_LLAMA_CPP")  # read before the fixtures take it away
NEAR_TIE = 0.05
"""Between the two most likely logits; half precision may put either first."""
TOKENS = 64
QUESTION = "最近总是睡不好，躺下以后脑子里停不下来，白天又没有精神，我该怎么办？"
"""Greedy, the model that ships says more than that to it."""


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_model: Path) -> Device:
    """The device to test, or a skip that says what is missing."""
    if NAMED is not None:
        monkeypatch.setenv("PYTHONPATH", NAMED)
        monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")
    with ChildEngine(Settings(tiny_model, tmp_path)) as engine:
        found = graphics(devices_in(engine.describe()["devices"]))
    if not found:
        pytest.skip("no graphics processor; SOULCHAT_TEST_LLAMA_CPP names no build that has one")
    return found[0]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return find_model(None, tmp_path).path


def reply(engine: ChildEngine, turns: tuple[Turn, ...] = HELLO) -> Finished:
    *_, last = engine.reply(Request(turns, GREEDY, TOKENS))
    assert isinstance(last, Finished)
    return last


def test_it_passes_its_check_takes_all_layers_and_writes_what_the_processor_writes(
    device: Device, shipped: Path, tmp_path: Path
) -> None:
    settings = Settings(shipped, tmp_path, laptop=laptop_for(shipped, tmp_path))
    asked = (Turn(Role.USER, QUESTION),)
    with ChildEngine(settings) as engine:
        error = engine.check(device.name)
        loaded = engine.start()
        there = reply(engine, asked)
    with ChildEngine(replace(settings, laptop=None)) as engine:
        here = reply(engine, asked)

    assert error <= TOLERATED_ERROR
    assert loaded.placement.device == device.name
    assert loaded.placement.layers == len(shape_in(shipped).layers) + 1
    assert here.reply_tokens == TOKENS
    if there.text != here.text:
        gap = gap_where_they_part(shipped, here.text, there.text)
        assert gap <= NEAR_TIE, f"they part where the processor is sure by {gap}"


GAP = """
import ctypes, os, sys
import llama_cpp.llama_cpp as C
from desktop_app.engine.llama import Llama
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from desktop_app.dialogue import Role, Turn
path, said, shared = sys.argv[1:]
llama = Llama(path, n_ctx=512, threads=1)
text = llama.chat_template() or ""
words = llama.vocabulary
template = ChatTemplate(text, bos=words.text(words.bos), eos=words.text(words.eos))
ids = Transcript(template, words).tokens((Turn(Role.USER, said),))
llama.decode(ids + words.encode(shared, special=False))
size = C.llama_vocab_n_tokens(words.handle)
logits = C.llama_get_logits_ith(llama.context, -1)
first, second = sorted((logits[each] for each in range(size)), reverse=True)[:2]
print(first - second)
"""


def gap_where_they_part(model: Path, one: str, other: str) -> float:
    """Return how far the processor's best token is before its second where two replies part."""
    shared = "".join(
        a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    )
    done = subprocess.run(
        [sys.executable, "-c", GAP, model, QUESTION, shared],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return float(done.stdout.split()[-1])


def test_a_load_that_its_memory_refuses_falls_down_the_ladder(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is said to have room for a cache of four times its memory; its driver refuses."""
    layers = 8
    per_token = 2 * 2 * 1024 * layers
    context = 4 * device.total // per_token
    model = write_tiny_model(tmp_path, Shape(hidden=1024, layers=layers, heads=16, context=context))
    describe = ChildEngine.describe

    def boasting(engine: ChildEngine) -> dict[str, object]:
        facts = describe(engine)
        for each in facts["devices"]:
            each["free"] *= 10
        return facts

    monkeypatch.setattr(ChildEngine, "describe", boasting)
    # Of the processor's memory no more than this, whose cache would be as large.
    monkeypatch.setattr("desktop_app.engine.climb.available_memory", lambda: GIB)
    with ChildEngine(Settings(model, tmp_path, laptop=laptop_for(model, tmp_path))) as engine:
        loaded = engine.start()
        last = reply(engine)

    assert loaded.why is not None
    assert loaded.why.lowered
    assert last.reply_tokens == TOKENS
    assert (tmp_path / "machine.json").read_bytes().count(device.name.encode()) >= 2
