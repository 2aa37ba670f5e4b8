"""Leaving every window out of screenshots and screen recordings, where the system can do that.

Windows 10 2004 and later: SetWindowDisplayAffinity with WDA_EXCLUDEFROMCAPTURE. macOS:
NSWindow.sharingType, which recordings by ScreenCaptureKit no longer heed since macOS 15. On Linux
there is no such thing: X11 lets every program read the screen, Wayland asks the person first.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QWidget

WDA_EXCLUDEFROMCAPTURE: Final = 0x11
NS_WINDOW_SHARING_NONE: Final = 0
SAID_OF_CAPTURE: Final = {
    "win32": "privacy.capture_windows",
    "darwin": "privacy.capture_macos",
}.get(sys.platform, "privacy.capture_none")
"""Key of the sentence that says how it is on this system."""


class OutOfCaptures(QObject):
    """Leaves each window out when it is shown, dialogs, menus and tooltips too, until `close`."""

    def __init__(
        self, app: QCoreApplication, leave_out: Callable[[QWidget], None] | None = None
    ) -> None:
        """`leave_out` is what the system does; by default the system this runs on, if it can."""
        super().__init__()
        self._app = app
        self._leave_out = leave_out or _by_system(sys.platform)
        if self._leave_out is not None:
            app.installEventFilter(self)

    def close(self) -> None:
        """Watch no longer."""
        self._app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt; passes everything on."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            assert self._leave_out is not None
            self._leave_out(watched)
        return super().eventFilter(watched, event)


def _by_system(platform: str) -> Callable[[QWidget], None] | None:
    return {"win32": _exclude, "darwin": _share_nothing}.get(platform)


def _exclude(window: QWidget) -> None:
    windll = ctypes.windll  # type: ignore[attr-defined,unused-ignore]
    windll.user32.SetWindowDisplayAffinity(int(window.winId()), WDA_EXCLUDEFROMCAPTURE)


def _share_nothing(widget: QWidget) -> None:
    """Send the NSView's window `setSharingType:` through the Objective-C runtime."""
    from ctypes import util  # noqa: PLC0415 - it loads much, and every start would

    runtime = ctypes.CDLL(util.find_library("objc"))
    runtime.sel_registerName.restype = ctypes.c_void_p
    runtime.sel_registerName.argtypes = [ctypes.c_char_p]
    send = ctypes.cast(runtime.objc_msgSend, ctypes.c_void_p).value
    pointer, long = ctypes.c_void_p, ctypes.c_long
    get = ctypes.CFUNCTYPE(pointer, pointer, pointer)(send or 0)
    put = ctypes.CFUNCTYPE(None, pointer, pointer, long)(send or 0)
    window = get(int(widget.winId()), runtime.sel_registerName(b"window"))
    put(window, runtime.sel_registerName(b"setSharingType:"), NS_WINDOW_SHARING_NONE)
