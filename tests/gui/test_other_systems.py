"""What Windows and macOS say, as far as it can be run elsewhere: their libraries are replaced."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import wintypes
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.views.macos_signals import SCREEN_IS_LOCKED, MacSignals
from desktop_app.views.macos_workspace import NOTIFICATIONS, ObjectiveC
from desktop_app.views.windows_signals import (
    PBT_APMSUSPEND,
    WM_POWERBROADCAST,
    WM_WTSSESSION_CHANGE,
    WTS_CONSOLE_DISCONNECT,
    WTS_REMOTE_DISCONNECT,
    WTS_SESSION_LOCK,
    WindowsSignals,
)

pytestmark = pytest.mark.gui

WAIT_MS = 30_000
WTS_SESSION_UNLOCK = 0x8


class FakeFoundation:
    """Stands in for Core Foundation, which only macOS has."""

    def __init__(self) -> None:
        self.observed: list[tuple[object, ...]] = []

    def CFNotificationCenterGetDistributedCenter(self) -> int:
        return 7

    def CFStringCreateWithCString(self, _allocator: None, text: bytes, _encoding: int) -> bytes:
        return text

    def CFNotificationCenterAddObserver(self, *arguments: object) -> None:
        self.observed.append(arguments)

    def CFNotificationCenterRemoveEveryObserver(self, *_: object) -> None:
        self.observed.clear()


class FakeRuntime(ObjectiveC):
    """Stands in for the Objective-C runtime."""

    def __init__(self) -> None:
        self.heard: Callable[[], None] | None = None
        self.observed: list[bytes] = []

    def named(self, name: bytes) -> bytes:
        return name

    def selector(self, name: bytes) -> bytes:
        return name

    def string(self, text: bytes) -> bytes:
        return text

    def send(self, receiver: Any, selector: bytes, *arguments: Any) -> Any:
        if selector == b"addObserver:selector:name:object:":
            assert receiver == b"center"
            self.observed.append(arguments[2])
        elif selector == b"removeObserver:":
            self.observed.clear()
        return {b"sharedWorkspace": b"workspace", b"notificationCenter": b"center"}.get(selector)

    def observer(self, heard: Callable[[], None]) -> bytes:
        self.heard = heard
        return b"observer"


def test_macos_with_its_runtime_replaced_locks_before_sleep_and_for_another_user(
    qtbot: QtBot,
) -> None:
    runtime = FakeRuntime()
    mac = MacSignals(FakeFoundation(), runtime)
    assert set(runtime.observed) == set(NOTIFICATIONS)
    assert runtime.heard is not None
    with qtbot.waitSignal(mac.leaving, timeout=WAIT_MS):
        runtime.heard()
    mac.close()
    assert runtime.observed == []


def test_macos_with_core_foundation_replaced_locks_with_the_screen(qtbot: QtBot) -> None:
    foundation = FakeFoundation()
    mac = MacSignals(foundation, FakeRuntime())
    ((center, _observer, callback, name, _object, _how),) = foundation.observed
    assert (center, name) == (7, SCREEN_IS_LOCKED)
    assert callable(callback)
    with qtbot.waitSignal(mac.leaving, timeout=WAIT_MS):
        callback(None, None, None, None, None)
    mac.close()
    assert foundation.observed == []


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The windows that hear of the session."""
    windows: list[int] = []
    wtsapi32 = SimpleNamespace(
        WTSRegisterSessionNotification=lambda window, _: windows.append(window),
        WTSUnRegisterSessionNotification=windows.remove,
    )
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(wtsapi32=wtsapi32), raising=False)
    return windows


def message(kind: int, parameter: int) -> tuple[wintypes.MSG, int]:
    """A window message as Windows lays it out, and where it is."""
    made = wintypes.MSG(message=kind, wParam=parameter)
    return made, ctypes.addressof(made)


@pytest.mark.parametrize(
    "said",
    [
        (WM_POWERBROADCAST, PBT_APMSUSPEND),
        (WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK),
        (WM_WTSSESSION_CHANGE, WTS_CONSOLE_DISCONNECT),
        (WM_WTSSESSION_CHANGE, WTS_REMOTE_DISCONNECT),
    ],
)
def test_windows_locks(registered: list[int], qtbot: QtBot, said: tuple[int, int]) -> None:
    windows = WindowsSignals(7)
    assert registered == [7]
    kept, place = message(*said)
    with qtbot.waitSignal(windows.leaving, timeout=WAIT_MS):
        assert windows.filter.nativeEventFilter(b"windows_generic_MSG", place) == (False, 0)
    assert kept.message == said[0]
    windows.close()
    assert registered == []


def test_windows_does_not_lock_when_the_person_comes_back(
    registered: list[int], qtbot: QtBot
) -> None:
    windows = WindowsSignals(7)
    assert registered == [7]
    kept, place = message(WM_WTSSESSION_CHANGE, WTS_SESSION_UNLOCK)
    with qtbot.assertNotEmitted(windows.leaving):
        windows.filter.nativeEventFilter(b"windows_generic_MSG", place)
    assert kept.wParam == WTS_SESSION_UNLOCK
