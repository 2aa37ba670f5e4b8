"""What tests of the window do with it."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.engine.process import ChildEngine
from desktop_app.views.message import Message
from desktop_app.views.window import MainWindow

WAIT_MS = 60_000
"""Milliseconds. A busy machine; a test that passes never waits so long."""


def type_text(widget: QWidget, text: str) -> None:
    """Write as an input method does when the characters have been chosen."""
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(widget, event)


def send(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Write a message and press Enter."""
    field = window.middle.composer.field
    type_text(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def wait_for_model(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.counselling.ready, timeout=WAIT_MS)


def wait_for_words(qtbot: QtBot, window: MainWindow, count: int = 3) -> None:
    """Wait until so many characters of a reply are on the screen."""
    qtbot.waitUntil(
        lambda: window.exchange.current is not None and len(last(window).text) >= count,
        timeout=WAIT_MS,
    )


def wait_for_end(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until nothing is being answered, and what came is on the disk, or it is told why not."""
    qtbot.waitUntil(lambda: is_idle(window), timeout=WAIT_MS)


def is_idle(window: MainWindow) -> bool:
    """Tell whether nothing is being answered, and all that was is on the disk, or told."""
    return window.exchange.current is None and not window.exchange._keeping


def last(window: MainWindow) -> Message:
    """The last message on the screen."""
    return rows(window)[-1]


def rows(window: MainWindow) -> list[Message]:
    messages = window.conversation.messages
    return [messages.message(row) for row in range(messages.rowCount())]


def child_pid(window: MainWindow) -> int:
    """The process that holds the window's model, once it does."""
    counsellor = window.counselling._worker._counsellor
    assert counsellor is not None
    engine = counsellor.engine
    assert isinstance(engine, ChildEngine)
    while True:  # the model's thread starts it anew where it ended, for it reads ahead
        child = engine._child
        if child is not None and child.alive and engine._loaded is not None:
            return child.pid
        QApplication.processEvents()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
