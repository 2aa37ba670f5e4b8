"""The window as a person finds it: at its gate, with nobody to pass it for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.paths import Paths
from desktop_app.settings import AgeBand, Settings, write
from desktop_app.views.first_paint import FirstPaint
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.gate import Gate
from desktop_app.views.sheet_offer import SheetOffer
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow
from tests.support.shown import show
from tests.support.window_run import type_text

StartWindow = Callable[[], MainWindow]

ANSWERED = Settings(language="zh", age=AgeBand.ADULT, region="CN", notice_confirmed=True)
WAIT_MS = 60_000


@pytest.fixture
def start(
    qapp: QApplication, qtbot: QtBot, paths: Paths, tiny_model: Path
) -> Iterator[StartWindow]:
    """Starts the window and leaves it at its gate."""
    with ExitStack() as windows:

        def start_it() -> MainWindow:
            window = windows.enter_context(running_window(qapp, str(tiny_model), paths))
            show(qtbot, window)
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow)
            qtbot.waitUntil(lambda: window.findChild(FirstPaint) is None)
            return window

        yield start_it


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bus to find a keyring on, also where the person who runs the tests has one."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")


@pytest.fixture
def answered(paths: Paths) -> None:
    """The questions of the first steps were answered in an earlier run."""
    write(paths.settings, ANSWERED)


def gate_of(window: MainWindow) -> Gate:
    gate = window.findChild(Gate)
    assert isinstance(gate, Gate)
    return gate


def steps_of(window: MainWindow) -> FirstSteps:
    page = gate_of(window).currentWidget()
    assert isinstance(page, FirstSteps)
    return page


def unlock_page_of(window: MainWindow) -> UnlockPage:
    page = gate_of(window).currentWidget()
    assert isinstance(page, UnlockPage)
    return page


def asked(qtbot: QtBot, window: MainWindow) -> UnlockPage:
    """Wait until the page asks for the passphrase."""
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    return page


def try_passphrase(qtbot: QtBot, window: MainWindow, text: str) -> UnlockPage:
    """Type a passphrase where it is asked for, and press Return."""
    page = asked(qtbot, window)
    type_text(page.field.line, text)
    qtbot.keyClick(page.field.line, Qt.Key.Key_Return)
    return page


def press(qtbot: QtBot, key: Qt.Key) -> None:
    """Press a key where the keyboard is."""
    qtbot.keyClick(focus(), key)


def focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def wait_for_conversation(qtbot: QtBot, window: MainWindow) -> None:
    """Wait for the field to write into; a recovery sheet that is offered on the way is declined."""

    def declined() -> bool:
        gate = window.findChild(Gate)
        page = gate.currentWidget() if gate is not None else None
        if isinstance(page, SheetOffer):
            page.skip.click()
        return window.passed

    qtbot.waitUntil(declined, timeout=WAIT_MS)


def wait_for_sentence(qtbot: QtBot, page: FirstSteps | UnlockPage) -> str:
    """Wait until the page says what is wrong, and return it."""
    qtbot.waitUntil(lambda: page.notice.text != "", timeout=WAIT_MS)
    return page.notice.text
