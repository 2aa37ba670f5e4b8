"""On Windows a child ends with its parent, whatever becomes of either: a job object.

The system ends all processes of a job when the last handle of it is closed, which a dead process's
are (learn.microsoft.com, "Job Objects", JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE). On Linux
precautions.py asks the kernel for the same; on macOS it watches the parent.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Any, Final

KILL_ON_JOB_CLOSE: Final = 0x2000
EXTENDED_LIMIT_INFORMATION: Final = 9
"""JobObjectExtendedLimitInformation of JOBOBJECTINFOCLASS, winnt.h"""


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_process_limit", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class Job:
    """Holds the one handle of a job; what is in it ends when this goes."""

    def __init__(self, kernel32: Any, handle: int) -> None:
        self._kernel32 = kernel32
        self._handle = handle

    def __del__(self) -> None:
        self._kernel32.CloseHandle(ctypes.c_void_p(self._handle))


def bound_to_this_process(process: subprocess.Popen[bytes]) -> Job | None:
    """Have Windows end `process` with this one; None elsewhere, and where Windows refuses."""
    if sys.platform == "win32":
        return bound(ctypes.WinDLL("kernel32"), int(process._handle))  # noqa: SLF001 - no other way
    return None


def bound(kernel32: Any, process_handle: int) -> Job | None:
    """Put a process into a job of its own."""
    kernel32.CreateJobObjectW.restype = ctypes.c_void_p
    handle = kernel32.CreateJobObjectW(None, None)
    if not handle:
        return None
    job = Job(kernel32, handle)
    limits = ExtendedLimits()
    limits.basic.limit_flags = KILL_ON_JOB_CLOSE
    set_up = kernel32.SetInformationJobObject(
        ctypes.c_void_p(handle),
        EXTENDED_LIMIT_INFORMATION,
        ctypes.byref(limits),
        ctypes.sizeof(limits),
    )
    taken = set_up and kernel32.AssignProcessToJobObject(
        ctypes.c_void_p(handle), ctypes.c_void_p(process_handle)
    )
    return job if taken else None
