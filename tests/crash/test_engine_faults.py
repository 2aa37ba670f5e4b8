"""Faults on llama.cpp's own stack, in each of its phases: one sentence, and the next reply works.

The child dies or hangs where it really would: in a callback of llama.cpp while it loads tensors, or
between the nodes of its graph while it reads a message or writes a reply.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.errors import EngineError
from desktop_app.paths import app_paths
from resources.messages import sentence
from tests.support.engine_run import asking, soulchat
from tests.support.engine_tiny import Shape, write_tiny_model
from tests.support.faults import (
    SOON_S,
    Fault,
    each_fault_somewhere,
    impatient,
    order,
    with_faults,
)
from tests.support.vault_disk import traces

TURNS = (
    Turn(Role.USER, "我今天很累"),
    Turn(Role.ASSISTANT, "你"),
    Turn(Role.USER, "睡不着"),
)
LONG = 1500
"""Tokens: so many are not written before a fault comes, on a quick machine either."""
MARKER = "紫色犀牛-marker-7391"


@pytest.fixture
def talker(
    endless_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChildEngine]:
    with_faults(monkeypatch)
    with ChildEngine(Settings(endless_model, tmp_path, threads=1)) as engine:
        yield engine


def reply(
    engine: ChildEngine, turns: tuple[Turn, ...] = TURNS, most: int = 120
) -> Iterator[Piece | Finished]:
    return engine.reply(Request(turns, GREEDY, most))


@each_fault_somewhere()
def test_it_is_one_sentence_and_the_next_reply_knows_the_whole_conversation(
    talker: ChildEngine, where: str, fault: Fault
) -> None:
    workdir = talker.settings.workdir
    order(workdir, where, fault.what)
    heard: list[Piece | Finished] = []
    talker.describe()  # which loads llama.cpp, not the model
    if where != "load":
        talker.start()

    with impatient(), pytest.raises(EngineError) as raised:
        heard.extend(reply(talker, most=LONG))

    assert not (workdir / "fault").exists()
    assert (raised.value.key, raised.value.values) == (fault.cause.value, {"cause": fault.how})
    assert bool(heard) == (where == "decode")
    *_, last = reply(talker)
    assert isinstance(last, Finished)
    assert last.text.startswith("你你你")
    assert last.prompt_tokens == last.evaluated_tokens == talker.count(TURNS)


@pytest.mark.parametrize(
    ("room", "key"), [(20_000_000, "engine.died_memory"), (60_000_000, "engine.no_memory")]
)
def test_a_model_that_does_not_fit_says_so_whatever_part_of_it_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, key: str
) -> None:
    """Its file has 34 MB, its cache 128 more; the limit is on the child's address space."""
    with_faults(monkeypatch)
    shape = Shape(hidden=256, layers=8, heads=4, ffn=1024, context=16384)
    model = write_tiny_model(tmp_path / "model", shape, says="你")
    workdir = tmp_path / "workdir"
    order(workdir, "memory", str(room))
    with ChildEngine(Settings(model, workdir, threads=1)) as engine:
        with pytest.raises(EngineError) as raised:
            engine.start()
        assert raised.value.key == key
        *_, last = reply(engine)
    assert isinstance(last, Finished)
    assert last.reply_tokens > 0


def test_what_the_child_said_is_nowhere(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library prints may hold a prompt; here it does, before it fails an assertion."""
    with_faults(monkeypatch)
    order(app_paths(tmp_path).engine_workdir(), "prefill", "shout")
    options = ("--json", "--model", tiny_model, "--data-dir", tmp_path)

    done = soulchat("reply", *options, stdin=asking(MARKER))

    assert done.returncode == 1
    (said,) = done.stderr.decode().splitlines()
    assert said == sentence("error.engine.died_assertion")[:-1] + "（SIGABRT）。"
    assert done.stdout == b""
    assert traces(tmp_path, MARKER) == []


def test_a_stopped_child_that_takes_no_more_lines_is_noticed(talker: ChildEngine) -> None:
    """A pipe holds 64 KiB; a longer message waits for the child to read it."""
    talker.start()
    child = talker._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    with impatient(), pytest.raises(EngineError) as raised:
        talker.count((Turn(Role.USER, "长" * 100_000),))

    assert raised.value.key == "engine.hung"
    assert talker.count(TURNS) > 0


def test_a_model_that_reads_for_longer_than_patience_lasts_is_not_taken_for_hung(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_faults(monkeypatch)
    order(tmp_path, "slow", "0.1")  # seconds at each node of the graph
    with ChildEngine(Settings(tiny_model, tmp_path, threads=1)) as engine:
        engine.start()
        with impatient():
            *_, last = reply(engine)
            began = time.monotonic()
            ahead = engine.read((*TURNS, Turn(Role.ASSISTANT, "你"), TURNS[0]), lambda: True)
            read_s = time.monotonic() - began

    assert isinstance(last, Finished)
    assert last.ttft_ms > 1000 * SOON_S
    assert ahead > 0
    assert read_s > SOON_S
