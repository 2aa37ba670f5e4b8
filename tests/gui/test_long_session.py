"""A conversation of five thousand messages: opened, read from end to end, and gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import Vault
from desktop_app.views.transcript import Transcript
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.window_run import last, rows, send, wait_for_end

pytestmark = pytest.mark.gui

MESSAGES = 5000


def text(number: int) -> str:
    return f"{number}。" + "话" * (number * 37 % 90)


@pytest.fixture
def long_history(vault: Vault) -> Vault:
    for number in range(MESSAGES):
        role = Role.ASSISTANT if number % 2 else Role.USER
        vault.sessions.add("long", Turn(role, text(number)))
    return vault


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, long_history: Vault) -> MainWindow:
    return open_window(tiny_model, history=long_history)


def in_sight(transcript: Transcript) -> range:
    bottom = QPoint(0, transcript.viewport().height() - 1)
    return range(transcript.row_near(QPoint(0, 0)), transcript.row_near(bottom) + 1)


def test_its_end_is_shown_when_it_is_opened(window: MainWindow) -> None:
    assert [message.text for message in rows(window)] == [*map(text, range(MESSAGES))]
    assert in_sight(window.middle.transcript)[-1] == MESSAGES - 1


def test_scrolling_to_its_beginning_shows_every_message(window: MainWindow) -> None:
    transcript = window.middle.transcript
    bar = transcript.verticalScrollBar()
    seen = set(in_sight(transcript))
    while bar.value() > bar.minimum():
        bar.setValue(bar.value() - transcript.viewport().height() // 2)
        transcript.viewport().repaint()
        seen |= set(in_sight(transcript))

    assert seen == set(range(MESSAGES))


def test_it_goes_on_with_what_the_model_can_still_hold(
    window: MainWindow, long_history: Vault, qtbot: QtBot
) -> None:
    send(qtbot, window, "还在吗？")
    wait_for_end(qtbot, window)

    assert last(window).role is Role.ASSISTANT
    assert last(window).text
    assert len(long_history.sessions.turns("long")) == MESSAGES + 2
    assert window.conversation.session.unseen > MESSAGES - 200  # a context of 4,096 bytes
