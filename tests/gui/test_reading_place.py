"""Whoever reads further up stays there, whatever changes the width of the conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.vault import Vault
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.window_run import wait_for_model

pytestmark = pytest.mark.gui

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> Iterator[MainWindow]:
    """The window at a long conversation, scrolled up in it."""
    for number in range(60):
        vault.sessions.add("long", Turn(Role.USER, f"{number}：" + "说一句话，" * (number % 9)))
        reply = vault.sessions.begin_reply("long")
        vault.sessions.extend(reply, "慢慢说，没有关系。" * (number * 7 % 23))
        vault.sessions.finish(reply, TurnState.COMPLETE)
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    QApplication.processEvents()
    bar = opened.middle.transcript.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    yield opened
    qtbot.keyClick(opened, Qt.Key.Key_0, CTRL)
    opened.choose_language("zh")


def row_read(window: MainWindow) -> int:
    return window.middle.transcript.row_near(QPoint(0, 0))


def larger(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Plus, CTRL)


def english(_qtbot: QtBot, window: MainWindow) -> None:
    window.choose_language("en")


def card(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)


def list_hidden(_qtbot: QtBot, window: MainWindow) -> None:
    window.header.side.click()


def narrow(_qtbot: QtBot, window: MainWindow) -> None:
    window.resize(600, 760)


@pytest.mark.parametrize("change", [larger, english, card, list_hidden, narrow])
def test_what_is_read_stays_in_sight(
    window: MainWindow, qtbot: QtBot, change: Callable[[QtBot, MainWindow], None]
) -> None:
    before = row_read(window)
    change(qtbot, window)
    QApplication.processEvents()
    assert row_read(window) == before
    assert not window.middle.transcript.at_end()


def test_the_card_opened_and_closed_leaves_what_is_read_where_it_was(
    window: MainWindow, qtbot: QtBot
) -> None:
    transcript = window.middle.transcript
    row, value = row_read(window), transcript.verticalScrollBar().value()
    inside = value - transcript.heights.top(row)
    for _ in range(2):
        width = transcript.viewport().width()
        card(qtbot, window)
        QApplication.processEvents()
        assert transcript.viewport().width() != width
    assert row_read(window) == row
    assert transcript.verticalOffset() - transcript.heights.top(row) == pytest.approx(inside, abs=2)
