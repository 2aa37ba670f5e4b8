"""The window locks by itself: on a clock of the test, and on what a real bus says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.settings import Settings, read, write
from desktop_app.views.idle import Idle
from desktop_app.views.logind import Logind
from desktop_app.views.preferences import Preferences
from desktop_app.views.screen_savers import ScreenSavers
from tests.support.fake_login import FakeLogin

pytestmark = pytest.mark.gui

WAIT_MS = 30_000


class Clock:
    """Stands still unless a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    write(tmp_path / "settings.json", Settings(lock_minutes=10))
    return Preferences(tmp_path / "settings.json")


@pytest.fixture
def idle(qapp: QApplication, preferences: Preferences, clock: Clock) -> Iterator[Idle]:
    watching = Idle(qapp, preferences, clock)
    watching.watch()
    yield watching
    watching.close()


@pytest.fixture
def overs(idle: Idle) -> list[None]:
    heard: list[None] = []
    idle.over.connect(lambda: heard.append(None))
    return heard


def touch(widget: QWidget) -> None:
    at = QPointF(1, 1)
    none = Qt.KeyboardModifier.NoModifier
    move = QMouseEvent(
        QEvent.Type.MouseMove, at, at, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, none
    )
    QApplication.sendEvent(widget, move)


def test_ten_minutes_without_a_touch_are_over(idle: Idle, clock: Clock, overs: list[None]) -> None:
    clock.now += 599
    idle.look()
    assert overs == []
    clock.now += 1
    idle.look()
    assert overs == [None]


def test_a_touch_begins_anew(idle: Idle, clock: Clock, overs: list[None], qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    clock.now += 599
    touch(widget)
    clock.now += 599
    idle.look()
    assert overs == []
    clock.now += 1
    idle.look()
    assert overs == [None]


def test_a_touch_that_comes_too_late_locks_and_does_nothing_else(
    idle: Idle, clock: Clock, overs: list[None], qtbot: QtBot
) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    assert idle is not None
    clock.now += 8 * 60 * 60  # asleep: no timer ran
    qtbot.keyClick(field, Qt.Key.Key_A)
    assert overs == [None]
    assert field.text() == ""
    qtbot.keyClick(field, Qt.Key.Key_A)
    assert (overs, field.text()) == ([None], "a")


def test_it_is_over_by_itself(
    qapp: QApplication, preferences: Preferences, clock: Clock, qtbot: QtBot
) -> None:
    started = clock.now
    watching = Idle(qapp, preferences, clock)
    watching.watch()
    clock.now = started + 600
    watching.touch()
    clock.now += 599.99
    with qtbot.waitSignal(watching.over, timeout=WAIT_MS):
        watching.look()
        clock.now += 1
    watching.close()


def test_the_minutes_set_hold_at_once(
    idle: Idle, clock: Clock, overs: list[None], preferences: Preferences
) -> None:
    preferences.change(lock_minutes=1)
    clock.now += 60
    idle.look()
    assert overs == [None]


def test_never_is_never(
    idle: Idle, clock: Clock, overs: list[None], preferences: Preferences
) -> None:
    preferences.change(lock_minutes=0)
    clock.now += 1_000_000
    idle.look()
    assert overs == []


def test_ten_minutes_unless_the_person_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path / "none.json")[0].lock_minutes == 10


@pytest.fixture
def bus(address: str, qapp: QApplication) -> Iterator[QDBusConnection]:
    assert qapp is not None
    yield QDBusConnection.connectToBus(address, "test")
    QDBusConnection.disconnectFromBus("test")


@pytest.fixture
def logind(login: FakeLogin, bus: QDBusConnection, qtbot: QtBot) -> Iterator[Logind]:
    listening = Logind(bus)
    qtbot.waitUntil(lambda: listening.holds_sleep_up and listening.follows, timeout=WAIT_MS)
    assert login is not None
    yield listening
    listening.deleteLater()


@pytest.mark.parametrize("what", ["lock", "hint", "inactive", "sleep"])
def test_what_logind_says_locks(logind: Logind, login: FakeLogin, qtbot: QtBot, what: str) -> None:
    with qtbot.waitSignal(logind.leaving, timeout=WAIT_MS):
        login.say(what)


def test_another_persons_session_does_not(logind: Logind, login: FakeLogin, qtbot: QtBot) -> None:
    heard: list[None] = []
    logind.leaving.connect(lambda: heard.append(None))
    login.say("other")
    with qtbot.waitSignal(logind.leaving, timeout=WAIT_MS):
        login.say("lock")
    assert len(heard) == 1


def test_sleep_waits_until_the_lock_is_shut(logind: Logind, login: FakeLogin, qtbot: QtBot) -> None:
    with qtbot.waitSignal(logind.leaving, timeout=WAIT_MS):
        login.say("sleep")
    assert logind.holds_sleep_up
    logind.locked()
    login.hear("released")
    assert not logind.holds_sleep_up
    login.say("wake")
    qtbot.waitUntil(lambda: logind.holds_sleep_up, timeout=WAIT_MS)


def test_a_lock_without_sleep_keeps_the_inhibitor(logind: Logind) -> None:
    logind.locked()
    assert logind.holds_sleep_up


def test_without_logind_nothing_is_said(bus: QDBusConnection, qtbot: QtBot) -> None:
    logind = Logind(bus)
    qtbot.waitUntil(lambda: not logind.waits, timeout=WAIT_MS)
    assert not logind.holds_sleep_up
    logind.deleteLater()


def test_a_screen_saver_locks(bus: QDBusConnection, login: FakeLogin, qtbot: QtBot) -> None:
    savers = ScreenSavers(bus)
    with qtbot.waitSignal(savers.leaving, timeout=WAIT_MS):
        login.say("saver")
    savers.deleteLater()


def test_what_is_changed_after_its_end_begins_no_time(idle: Idle, preferences: Preferences) -> None:
    idle.close()
    preferences.change(lock_minutes=5)
    assert not idle._timer.isActive()
