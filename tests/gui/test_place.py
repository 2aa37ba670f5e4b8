"""The window says where the model computes: beside its line, in it when it is kept from more."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.engine.memory_estimate import need
from desktop_app.engine.placement import Placement
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.engine_machine import shape_in
from tests.support.processes import wait_for_end
from tests.support.window_run import WAIT_MS, child_pid, last, send
from tests.support.window_run import wait_for_end as wait_for_answer

pytestmark = pytest.mark.gui


def wait_for_model(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.model.place is not None, timeout=WAIT_MS)


def beside(window: MainWindow) -> str:
    line = window.header.findChild(QLabel, "quiet")
    assert isinstance(line, QLabel)
    return QTextDocumentFragment.fromHtml(line.toolTip()).toPlainText()


def test_on_the_processor_as_wanted_it_stands_beside_the_line(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    assert beside(window) == sentence("placement.processor")
    assert window.header.status == sentence("window.model_ready")


def test_where_memory_is_short_it_is_the_line(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = need(shape_in(tiny_model), Placement(cache="q8_0"))
    monkeypatch.setattr(
        "desktop_app.engine.climb.available_memory", lambda: small.host - small.mapped
    )
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    assert window.header.status == beside(window) == sentence("placement.small_cache")


def test_where_it_comes_elsewhere_during_the_work_the_window_says_so(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    before = window.header.status
    small = need(shape_in(tiny_model), Placement(cache="q8_0"))
    monkeypatch.setattr(
        "desktop_app.engine.climb.available_memory", lambda: small.host - small.mapped
    )

    pid = child_pid(window)
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    wait_for_end(handle)
    send(qtbot, window, "您")
    wait_for_answer(qtbot, window)

    assert last(window).text == "你"
    assert before == sentence("window.model_ready")
    assert window.header.status == beside(window) == sentence("placement.small_cache")
