"""Ctrl+L and F9 work wherever the keyboard is: in a dialog, in a menu, before the gate."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.vault.envelope import SlotKind
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.privacy import Privacy
from desktop_app.views.tasks import Tasks
from desktop_app.views.window import MainWindow
from tests.support.engine_run import CLI
from tests.support.gate_fixtures import WAIT_MS
from tests.support.locking import MESSAGE, OpenedWindow, talk, wait_for_page
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_process import driven_window

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

LOOK_MS = 5


def choose_a_file(window: MainWindow) -> None:
    window.model.choose()


def look_into_the_trash(window: MainWindow) -> None:
    parts = window.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.show_trash()


def say_otherwise(window: MainWindow) -> None:
    parts = window.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.versions.edit(0)


def show_privacy(window: MainWindow) -> None:
    window.header.settings.actions_by_key()["settings.privacy"].trigger()


def open_the_menu_of_a_row(window: MainWindow) -> None:
    window.side.show_menu(window.mapToGlobal(window.rect().center()))


def open_the_settings(window: MainWindow) -> None:
    window.header.settings.menu().popup(window.mapToGlobal(window.rect().center()))


def begin_to_rename(window: MainWindow) -> None:
    window.side.list.setFocus()
    QTest.keyClick(window.side.list, Qt.Key.Key_F2)


PLACES: list[Callable[[MainWindow], None]] = [
    choose_a_file,
    look_into_the_trash,
    say_otherwise,
    show_privacy,
    open_the_menu_of_a_row,
    open_the_settings,
    begin_to_rename,
]


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key as the desktop delivers it: to the window that has the keyboard."""
    window = QGuiApplication.focusWindow()
    assert window is not None
    QTest.keyClick(window, key, modifiers)


def has_the_keyboard(window: MainWindow) -> Callable[[], bool]:
    def looks() -> bool:
        front = QApplication.activePopupWidget() or QApplication.activeWindow()
        return front is not window or QApplication.focusWidget() is not window.middle.composer.field

    return looks


def shown() -> list[QWidget]:
    return [each for each in QApplication.topLevelWidgets() if each.isVisible()]


@pytest.mark.parametrize("place", PLACES)
def test_ctrl_l_locks(
    opened: OpenedWindow, qtbot: QtBot, place: Callable[[MainWindow], None]
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    place(window)
    qtbot.waitUntil(has_the_keyboard(window), timeout=WAIT_MS)
    press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    wait_for_page(qtbot, window)
    assert shown() == [window]


@pytest.mark.parametrize("place", PLACES)
def test_f9_leaves_nothing_on_the_screen(
    opened: OpenedWindow, qtbot: QtBot, place: Callable[[MainWindow], None]
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    place(window)
    qtbot.waitUntil(has_the_keyboard(window), timeout=WAIT_MS)
    press(Qt.Key.Key_F9)
    assert shown() == []
    assert not window.passed


@pytest.mark.parametrize(
    ("key", "modifiers", "stay"),
    [
        (Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier, 1),
        (Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier, 0),
    ],
)
@pytest.mark.parametrize("place", [say_otherwise, open_the_menu_of_a_row])
def test_nothing_beside_the_window_is_seen_while_they_wait_for_what_goes_on(
    opened: OpenedWindow,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[MainWindow], None],
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    stay: int,
) -> None:
    window = opened()
    talk(qtbot, window, MESSAGE)
    place(window)
    qtbot.waitUntil(has_the_keyboard(window), timeout=WAIT_MS)
    may_go, seen = threading.Event(), list[list[QWidget]]()
    wait = Tasks.wait

    def looked_at(tasks: Tasks, until: float) -> None:
        seen.append(shown())
        may_go.set()
        wait(tasks, until)

    Tasks(window).start(partial(may_go.wait, 60), print, print)
    monkeypatch.setattr(Tasks, "wait", looked_at)
    press(key, modifiers)

    assert seen[0] == [window][:stay]


def test_a_dialog_in_a_dialog_hears_them_too(opened: OpenedWindow) -> None:
    window = opened()
    show_privacy(window)
    page = window.findChild(Privacy)
    assert isinstance(page, Privacy)
    assert page.keys is not None

    looks = QTimer(window, interval=LOOK_MS)

    def press_in_front() -> None:
        front = QApplication.activeModalWidget()
        if front is not page and front is QApplication.activeWindow() is not None:
            looks.stop()
            press(Qt.Key.Key_F9)

    looks.timeout.connect(press_in_front)
    looks.start()  # it runs in the dialog's own loop
    page.keys.set[SlotKind.RECOVERY].click()  # returns when its dialog is closed
    assert shown() == []
    assert not window.passed


def test_hidden_with_a_dialog_open_it_goes_on_and_a_second_start_brings_it_back(
    tmp_path: Path,
) -> None:
    with driven_window("--data-dir", str(tmp_path)) as program:
        program.do("pass_gate", passphrase=PASSPHRASE)
        program.do("show_privacy")
        left = program.do("hide")
        assert (left["passed"], left["shown"]) == (False, 0)
        assert subprocess.run([*CLI, "--data-dir", str(tmp_path)], check=False).returncode == 0
        assert program.do("brought_back")["asks"]
        assert program.quit() == 0
