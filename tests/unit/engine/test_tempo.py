"""Threads are compared when nobody waits, and nobody notices."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from desktop_app.engine import process, tempo
from desktop_app.engine.context import KvContext
from desktop_app.engine.llama import Llama
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Request
from desktop_app.engine.sampling import GREEDY
from tests.support.engine_limited import laptop_for
from tests.unit.engine.test_process import HELLO, finished

PROMPT = list(b"what was read before stays read")


@pytest.fixture
def context(tiny_model: Path) -> KvContext:
    return KvContext(Llama(str(tiny_model), n_ctx=512, threads=1))


def held(context: KvContext) -> tuple[list[int], int]:
    return context.tokens, context.llama.cached()


def test_one_of_the_numbers_is_found_and_the_cache_is_as_before(context: KvContext) -> None:
    context.read(PROMPT, lambda: False)

    assert tempo.fastest(context, (1, 2), lambda: False) in {1, 2}
    assert held(context) == (PROMPT, len(PROMPT))
    assert context.read([*PROMPT, 5], lambda: False) == 1


def test_another_number_must_be_clearly_faster(
    context: KvContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = {1: 1.0, 2: 0.97, 3: 0.8}
    in_use = [0]
    monkeypatch.setattr(context.llama, "use_threads", in_use.append)
    monkeypatch.setattr(tempo, "_decode", lambda *_: times[in_use[-1]])

    assert tempo.fastest(context, (1, 2), lambda: False) == 1
    assert tempo.fastest(context, (1, 2, 3), lambda: False) == 3
    assert in_use[-1] == 3


def test_who_asks_something_meanwhile_is_not_kept_waiting(context: KvContext) -> None:
    context.read(PROMPT, lambda: False)
    asked = iter([False] * 3)

    assert tempo.fastest(context, (1, 2), lambda: next(asked, True)) is None
    assert held(context) == (PROMPT, len(PROMPT))


def test_a_full_cache_is_left_alone(context: KvContext) -> None:
    context.read([7] * 510, lambda: False)

    assert tempo.fastest(context, (1, 2), lambda: False) is None
    assert held(context) == ([7] * 510, 510)


def test_an_idle_child_measures_once_and_the_next_start_knows(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "candidates", lambda: (1, 2))
    settings = Settings(tiny_model, tmp_path, laptop=laptop_for(tiny_model, tmp_path))
    with ChildEngine(settings) as engine:
        engine.start()
        child = engine._child
        assert child is not None
        event = child.next_event(timeout=120)
        assert event is not None
        child._events.put(event)  # as if nobody had looked
        assert finished(engine.reply(Request(HELLO, GREEDY, 10))).text == "你"
        assert event["event"] == "measured"
        engine.close()
        assert engine.start().threads == event["threads"]
        with pytest.raises(queue.Empty):
            engine._child.next_event(timeout=3)  # type: ignore[union-attr] - it runs
