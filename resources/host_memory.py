"""How much memory a process may take now."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

from resources import cgroup


def available_memory() -> int | None:
    """Return the bytes that can be taken without swapping; None where the system does not say."""
    if sys.platform == "win32":
        return _windows()
    amounts = [_of_the_machine(), cgroup.memory_left()]
    return min((each for each in amounts if each is not None), default=None)


def _of_the_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return None


def _windows() -> int | None:
    """Ask GlobalMemoryStatusEx (sysinfoapi.h). Never run by us yet."""

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = ctypes.CDLL("kernel32")
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
