"""Whatever becomes of the model's child, in whichever phase: nothing is lost, the window lives.

The faults come on llama.cpp's own stack; see tests/support/faults.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, TurnState
from desktop_app.engine.placement import Why
from desktop_app.paths import Paths
from desktop_app.vault.vault import Vault
from desktop_app.views.bench_faults import Stalls
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.engine_tiny import CHATML, Shape, write_manifest, write_tiny_model
from tests.support.faults import Fault, each_fault_somewhere, impatient, order, with_faults
from tests.support.window_run import (
    WAIT_MS,
    last,
    rows,
    send,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui

FIRST, SECOND = "最近总是睡不着。", "还在吗？"
MENDED = ("load", "kill")
"""It looks like want of memory: the model is loaded again where it needs less, without a word."""
LONGEST_STALL_MS = 500
"""Generous: the bench, which has the machine for itself, holds it to a fifth of that."""


@contextmanager
def turning(window: MainWindow) -> Iterator[Stalls]:
    """Watch how long the window's event loop stands still."""
    stalls = Stalls(window)
    yield stalls
    stalls.tick()  # it may be standing still now
    stalls.deleteLater()


def said(vault: Vault) -> list[tuple[Role, str, TurnState]]:
    """What is on the disk of the only conversation."""
    (only,) = vault.sessions.kept()
    return [
        (each.turn.role, each.turn.content, each.state) for each in vault.sessions.turns(only.id)
    ]


@pytest.mark.parametrize(
    ("where", "what"),
    [("memory", "20000000"), ("memory", "60000000"), MENDED],
    ids=["not for its file", "not for its cache", "killed"],
)
def test_want_of_memory_in_a_load_costs_a_smaller_place_and_not_a_word(
    open_window: OpenWindow,
    qtbot: QtBot,
    paths: Paths,
    vault: Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    what: str,
) -> None:
    """Its file has 34 MB, its cache 64 more; the limit is on the child's address space."""
    shape = Shape(hidden=256, layers=8, heads=4, ffn=1024, context=8192)
    model = write_tiny_model(tmp_path / "model", shape, says="你")
    with_faults(monkeypatch)
    workdir = paths.engine_workdir()
    order(workdir, where, what)
    window = open_window(model)
    with turning(window) as stalls:
        send(qtbot, window, FIRST)
        wait_for_model(qtbot, window)
        wait_for_end(qtbot, window)

    assert not (workdir / "fault").exists()
    assert stalls.worst_ms < LONGEST_STALL_MS
    assert window.middle.notice.text == ""
    assert window.counselling.place == Why("placement.small_cache", {})
    asked, (role, text, state) = said(vault)
    assert asked == (Role.USER, FIRST, TurnState.COMPLETE)
    assert (role, text[0], state) == (Role.ASSISTANT, "你", TurnState.COMPLETE)


def test_a_file_that_llama_cpp_refuses_costs_one_sentence_and_what_waits_is_answered_by_another(
    open_window: OpenWindow, qtbot: QtBot, vault: Vault, tmp_path: Path, tiny_model: Path
) -> None:
    garbage = write_garbage(tmp_path / "garbage")
    window = open_window(garbage)
    with turning(window) as stalls:
        send(qtbot, window, FIRST)
        qtbot.waitUntil(lambda: window.model.error is not None, timeout=WAIT_MS)
        wait_for_end(qtbot, window)
        assert window.middle.notice.text == sentence("error.engine.load_failed", file=garbage.name)
        assert said(vault) == [(Role.USER, FIRST, TurnState.COMPLETE)]
        window.model.open(str(tiny_model))
        qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
        wait_for_end(qtbot, window)

    assert stalls.worst_ms < LONGEST_STALL_MS
    assert window.middle.notice.text == ""
    assert said(vault) == [
        (Role.USER, FIRST, TurnState.COMPLETE),
        (Role.ASSISTANT, "你", TurnState.COMPLETE),
    ]


def write_garbage(folder: Path) -> Path:
    """Write a GGUF that is whole, and whose tensors have other sizes than its header says."""
    model = write_tiny_model(folder)
    content = bytearray(model.read_bytes())
    key = b"qwen2.embedding_length"
    at = content.index(key) + len(key) + 4  # behind the key stands its value's type
    assert content[at : at + 4] == Shape().hidden.to_bytes(4, "little")
    content[at : at + 4] = (2 * Shape().hidden).to_bytes(4, "little")
    model.write_bytes(content)
    write_manifest(model, CHATML)
    return model


def test_a_window_that_stands_still_is_noticed(
    open_window: OpenWindow, qtbot: QtBot, tiny_model: Path
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    busy_s = 1.5 * LONGEST_STALL_MS / 1000
    with turning(window) as stalls:
        stand_still(busy_s)
    assert stalls.worst_ms >= LONGEST_STALL_MS


def stand_still(seconds: float) -> None:
    """Hold the event loop, at work: time without a processor is not counted."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@each_fault_somewhere(but=(MENDED,))
def test_a_fault_costs_one_sentence_and_nothing_that_was_said(
    open_window: OpenWindow,
    qtbot: QtBot,
    paths: Paths,
    vault: Vault,
    endless_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    fault: Fault,
) -> None:
    with_faults(monkeypatch)
    order(paths.engine_workdir(), where, fault.what)
    with impatient(in_load=where == "load"):
        window = open_window(endless_model)
        if where != "load":
            wait_for_model(qtbot, window)
        with turning(window) as stalls:
            send(qtbot, window, FIRST)
            assert said(vault)[0] == (Role.USER, FIRST, TurnState.COMPLETE)
            qtbot.waitUntil(lambda: window.middle.notice.text != "", timeout=WAIT_MS)

    assert stalls.worst_ms < LONGEST_STALL_MS
    assert window.middle.notice.text == sentence(f"error.{fault.cause.value}")
    assert window.exchange.current is None
    if where == "decode":
        assert len(rows(window)) == 2
        reply = (Role.ASSISTANT, last(window).text, TurnState.INTERRUPTED)
        assert said(vault) == [(Role.USER, FIRST, TurnState.COMPLETE), reply]
    else:
        assert [message.text for message in rows(window)] == [FIRST]
    send(qtbot, window, SECOND)
    wait_for_words(qtbot, window)
    assert window.middle.notice.text == ""
    window.exchange.stop()
    wait_for_end(qtbot, window)
    assert [text for role, text, _ in said(vault) if role is Role.USER] == [FIRST, SECOND]
    assert said(vault)[-1][2] is TurnState.STOPPED
