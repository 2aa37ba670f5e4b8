"""What of this computer decides which model runs on it: memory, cores, room on the disk."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SPARE_DISK: Final = 10**9
"""Bytes that stay free when a model is here: a full disk loses more than a model."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes and cores; None where the system does not say."""

    memory: int | None
    cores: int
    """Physical ones."""
    disk: int | None
    """Free where models are kept."""


def this_machine(cores: int, installed: Path) -> Machine:
    """Return what is known of this computer; `installed` is where models are kept."""
    return Machine(total_memory(), cores, free_disk(installed))


def total_memory() -> int | None:
    """Return the computer's memory in bytes."""
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def free_disk(folder: Path) -> int | None:
    """Return the free bytes where `folder` is, or will be."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None


def _windows_memory() -> int | None:
    """Ask GlobalMemoryStatusEx (sysinfoapi.h). Never run by us yet."""

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = ctypes.CDLL("kernel32")
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
