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
from desktop_app.paths import Paths
from desktop_app.vault.vault import Vault
from desktop_app.views.bench_faults import Stalls
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
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
        assert last(window).text
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
