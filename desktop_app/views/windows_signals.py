"""What Windows tells a window: the session is locked or switched away, the machine sleeps.

Source: WM_WTSSESSION_CHANGE, WTSRegisterSessionNotification, WM_POWERBROADCAST in the Windows API
reference. Windows waits for the answer to PBT_APMSUSPEND, two seconds at most.
"""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Any, Final

from PySide6.QtCore import QAbstractNativeEventFilter, QObject, Signal

WM_POWERBROADCAST: Final = 0x0218
WM_WTSSESSION_CHANGE: Final = 0x02B1
PBT_APMSUSPEND: Final = 0x0004
WTS_CONSOLE_DISCONNECT: Final = 0x2
WTS_REMOTE_DISCONNECT: Final = 0x4
WTS_SESSION_LOCK: Final = 0x7
NOTIFY_FOR_THIS_SESSION: Final = 0

_LEAVING: Final = frozenset(
    {
        (WM_POWERBROADCAST, PBT_APMSUSPEND),
        (WM_WTSSESSION_CHANGE, WTS_CONSOLE_DISCONNECT),
        (WM_WTSSESSION_CHANGE, WTS_REMOTE_DISCONNECT),
        (WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK),
    }
)


def is_leaving(message: int, parameter: int) -> bool:
    """Tell whether a window message means that the person leaves the screen."""
    return (message, parameter) in _LEAVING


class WindowsSignals(QObject):
    """Registers a window for the session's changes, and reads its messages."""

    leaving = Signal()

    def __init__(self, window: int) -> None:
        """Take the handle of the main window."""
        super().__init__()
        self._window = window
        self.filter = _Filter(self)
        self._api().WTSRegisterSessionNotification(window, NOTIFY_FOR_THIS_SESSION)

    def close(self) -> None:
        """Hear no more."""
        self._api().WTSUnRegisterSessionNotification(self._window)

    def _api(self) -> Any:
        return ctypes.windll.wtsapi32  # type: ignore[attr-defined,unused-ignore]


class _Filter(QAbstractNativeEventFilter):
    def __init__(self, signals: WindowsSignals) -> None:
        super().__init__()
        self._signals = signals

    def nativeEventFilter(self, kind: Any, message: Any) -> tuple[bool, int]:
        """See Qt; passes everything on."""
        if bytes(kind) == b"windows_generic_MSG":
            read = wintypes.MSG.from_address(int(message))
            if is_leaving(read.message, read.wParam):
                self._signals.leaving.emit()
        return False, 0
