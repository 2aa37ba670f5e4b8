"""Whether a window could open here: a display that can be named, and one that answers.

Qt ends the process (SIGABRT) where a display is named and nobody is behind the name, so it is
asked beforehand, with the libraries Qt itself will use. Local displays alone are asked: asking a
distant one takes an internet socket, and that Qt may open, but no code of ours.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Final


def has_display() -> bool:
    """Tell whether one of the Qt platforms that would be tried finds its display."""
    if sys.platform != "linux":
        return True
    named = os.environ.get("QT_QPA_PLATFORM") or "wayland;xcb"
    platforms = (each.partition(":")[0] for each in named.split(";"))
    # The others (offscreen, vnc, …) need no display.
    return any(ANSWERS.get(platform, _needs_none)() for platform in platforms)


def _x11_answers() -> bool:
    display = os.environ.get("DISPLAY", "")
    host, _, number = display.rpartition(":")
    if not display or host not in {"", "unix"}:
        return bool(display)
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:  # then Qt names the packages that are missing
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    # By the name "unix": after an empty one libxcb tries TCP where the socket does not answer.
    connection = xcb.xcb_connect(f"unix:{number}".encode(), None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_answers() -> bool:
    if os.environ.get("WAYLAND_SOCKET"):  # a connection handed over; trying it would use it up
        return True
    if not os.environ.get("WAYLAND_DISPLAY"):
        return False
    try:
        wayland = ctypes.CDLL("libwayland-client.so.0")
    except OSError:
        return True
    wayland.wl_display_connect.restype = ctypes.c_void_p
    wayland.wl_display_disconnect.argtypes = (ctypes.c_void_p,)
    connection = wayland.wl_display_connect(None)
    if connection is None:
        return False
    wayland.wl_display_disconnect(connection)
    return True


def _needs_none() -> bool:
    return True


ANSWERS: Final[dict[str, Callable[[], bool]]] = {"xcb": _x11_answers, "wayland": _wayland_answers}
"""Which of Qt's platforms look for a display, and whether theirs is there."""
