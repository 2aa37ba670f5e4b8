"""What fails for a reason of ours is said in the window, by its kind alone."""

from __future__ import annotations

import errno
import io
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from desktop_app import app
from desktop_app.views import lock as lock_module
from desktop_app.views.bugs import BugTeller, bugs_said
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.locking import OpenedWindow, is_open, lock
from tests.support.window_run import WAIT_MS

pytestmark = pytest.mark.gui

SAID = sentence("cli.bug", name="ZeroDivisionError")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """What the program's own hooks were told, in the place of pytest-qt's."""
    kinds: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: kinds.append(kind))
    monkeypatch.setattr(threading, "excepthook", lambda failed: kinds.append(failed.exc_type))
    return kinds


def fail() -> NoReturn:
    raise ZeroDivisionError("what a person wrote")


def wait_until_it_is_said(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.middle.notice.text == SAID, timeout=WAIT_MS)


def test_a_callback_that_fails_is_said(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, heard: list[type[BaseException]]
) -> None:
    window = open_window(tiny_model)
    with bugs_said(window):
        QTimer.singleShot(0, fail)
        wait_until_it_is_said(qtbot, window)
    assert heard == [ZeroDivisionError]


def test_a_thread_that_fails_is_said(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, heard: list[type[BaseException]]
) -> None:
    window = open_window(tiny_model)
    with bugs_said(window):
        failing = threading.Thread(target=fail)
        failing.start()
        failing.join()
        wait_until_it_is_said(qtbot, window)
    assert heard == [ZeroDivisionError]


class HungUp(io.StringIO):
    """Standard error where the terminal has gone."""

    def write(self, _: str) -> NoReturn:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.usefixtures("answered", "no_keyring")
@pytest.mark.parametrize("dead", [HungUp(), None], ids=["hung up", "none"])
def test_locking_goes_through_where_standard_error_is_dead(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    dead: HungUp | None,
) -> None:
    window = opened()
    told: list[type[BaseException]] = []
    monkeypatch.setattr(BugTeller, "tell", lambda _, kind: told.append(kind))
    monkeypatch.setattr(sys, "excepthook", app._say_bug)
    monkeypatch.setattr(lock_module, "close_all_but_windows", fail)
    monkeypatch.setattr(sys, "stderr", dead)
    with bugs_said(window):
        lock(qtbot, window)
    monkeypatch.undo()
    assert told == [ZeroDivisionError]
    assert not is_open(closed)


@pytest.mark.usefixtures("answered", "no_keyring")
def test_locking_goes_through_where_the_hook_itself_fails(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    monkeypatch.setattr(sys, "excepthook", lambda *_: fail())
    monkeypatch.setattr(lock_module, "close_all_but_windows", fail)
    lock(qtbot, window)
    monkeypatch.undo()
    assert not is_open(closed)


def test_a_thread_that_fails_is_said_where_the_hook_itself_fails(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(tiny_model)
    monkeypatch.setattr(threading, "excepthook", lambda _: fail())
    with bugs_said(window):
        with pytest.raises(ZeroDivisionError):
            threading.excepthook(threading.ExceptHookArgs((ZeroDivisionError, None, None, None)))
        wait_until_it_is_said(qtbot, window)


@pytest.mark.usefixtures("answered")
def test_at_the_gate_the_gate_says_it(
    opened: OpenedWindow, qtbot: QtBot, heard: list[type[BaseException]]
) -> None:
    window = opened()
    lock(qtbot, window)
    with bugs_said(window):
        QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: window.gate.said == SAID, timeout=WAIT_MS)
    assert heard == [ZeroDivisionError]


def test_saying_it_fails_once_at_most(
    open_window: OpenWindow,
    tiny_model: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    heard: list[type[BaseException]],
) -> None:
    window = open_window(tiny_model)
    tried: list[object] = []

    def say(*what: object) -> NoReturn:
        tried.append(what)
        fail()

    monkeypatch.setattr(window, "say", say)
    with bugs_said(window):
        QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: bool(tried), timeout=WAIT_MS)
        qtbot.wait(0)
    assert (heard, len(tried)) == ([ZeroDivisionError], 1)


def test_when_the_window_has_gone_it_is_heard_as_before(
    open_window: OpenWindow, tiny_model: Path, heard: list[type[BaseException]]
) -> None:
    before = sys.excepthook
    with bugs_said(open_window(tiny_model)):
        pass
    assert sys.excepthook is before
    assert heard == []
