"""What macOS says of the person leaving: the screen is locked, the machine sleeps, users switch.

That the screen has been locked is posted to every program; see macos_workspace.py for the rest.

Source: Core Foundation, CFNotificationCenterGetDistributedCenter. The name of the notification is
not documented by Apple; it has been posted by every release since 10.6.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from desktop_app.views.macos_workspace import ObjectiveC, Workspace

CORE_FOUNDATION: Final = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
SCREEN_IS_LOCKED: Final = b"com.apple.screenIsLocked"
UTF_8: Final = 0x08000100
DELIVER_AT_ONCE: Final = 4
_CALLBACK: Final = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)


class MacSignals(QObject):
    """Listens while it lives; `close` before letting it go."""

    leaving = Signal()

    def __init__(self, foundation: Any = None, runtime: ObjectiveC | None = None) -> None:
        """Take Core Foundation and the Objective-C runtime, by default the system's."""
        super().__init__()
        self._workspace = Workspace(self.leaving.emit, runtime)
        self._foundation = foundation or _core_foundation()
        self._callback = _CALLBACK(lambda *_: self.leaving.emit())
        self._center = self._foundation.CFNotificationCenterGetDistributedCenter()
        name = self._foundation.CFStringCreateWithCString(None, SCREEN_IS_LOCKED, UTF_8)
        self._foundation.CFNotificationCenterAddObserver(
            self._center, id(self), self._callback, name, None, DELIVER_AT_ONCE
        )

    def close(self) -> None:
        """Hear no more."""
        self._workspace.close()
        self._foundation.CFNotificationCenterRemoveEveryObserver(self._center, id(self))


def _core_foundation() -> Any:
    foundation = ctypes.CDLL(CORE_FOUNDATION)
    pointer = ctypes.c_void_p
    foundation.CFNotificationCenterGetDistributedCenter.restype = pointer
    foundation.CFStringCreateWithCString.restype = pointer
    foundation.CFStringCreateWithCString.argtypes = [pointer, ctypes.c_char_p, ctypes.c_uint32]
    foundation.CFNotificationCenterAddObserver.argtypes = [
        pointer,
        pointer,
        _CALLBACK,
        pointer,
        pointer,
        ctypes.c_long,
    ]
    foundation.CFNotificationCenterRemoveEveryObserver.argtypes = [pointer, pointer]
    return foundation
