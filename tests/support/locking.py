"""What tests of locking do: pass the gate, lock, and wait for the page that unlocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.views.lock import Lock
from desktop_app.views.window import MainWindow
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_conversation,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import unwritten
from tests.support.window_run import send, type_text, wait_for_end, wait_for_model

OpenedWindow = Callable[[], MainWindow]

MESSAGE = unwritten("窗台上有", "三盆绿萝")
"""Import it, do not write it again: `holders` leaves out this object, not another of its text."""
DRAFT = unwritten("没有说完的", "半句话")
UNRECORDED = unwritten("谁也不知道", "的事情")


@pytest.fixture
def opened(start: StartWindow, closed: Path, qtbot: QtBot) -> OpenedWindow:
    """Starts the window and types the passphrase."""
    assert closed.exists()

    def open_it() -> MainWindow:
        window = start()
        unlock(qtbot, window)
        return window

    return open_it


def unlock(qtbot: QtBot, window: MainWindow) -> None:
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    enter(qtbot, window)


def enter(qtbot: QtBot, window: MainWindow) -> None:
    page = unlock_page_of(window)
    # Until the ways to open it are found there is nothing to type into, and Return does nothing.
    qtbot.waitUntil(lambda: page.field.isVisible() and page.main.isEnabled(), timeout=WAIT_MS)
    type_text(page.field.line, PASSPHRASE)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)


def lock(qtbot: QtBot, window: MainWindow) -> None:
    """Press Ctrl+L and wait until the page that unlocks asks."""
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    wait_for_page(qtbot, window)


def lock_of(window: MainWindow) -> Lock:
    found = window.findChild(Lock)
    assert isinstance(found, Lock)
    return found


def wait_for_page(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the page that unlocks asks, and locking has ended: a turn of the loop later."""
    assert not window.passed
    page = unlock_page_of(window)
    qtbot.waitUntil(page.field.isVisible, timeout=WAIT_MS)
    ending = lock_of(window)._finish
    qtbot.waitUntil(lambda: not ending.isActive(), timeout=WAIT_MS)


def talk(qtbot: QtBot, window: MainWindow, text: str) -> None:
    wait_for_model(qtbot, window)
    send(qtbot, window, text)
    wait_for_end(qtbot, window)


def is_open(vault: Path) -> bool:
    """Tell whether somebody has the history open."""
    try:
        locked(VaultFiles(vault)).release()
    except BusyVaultError:
        return True
    return False
