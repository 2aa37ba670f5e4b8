"""How a child ends with its parent on the systems these tests do not run on.

Linux's way is tested with real processes: tests/crash/test_engine_child.py.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

from desktop_app.engine.job_object import (
    KILL_ON_JOB_CLOSE,
    ExtendedLimits,
    bound,
    bound_to_this_process,
)
from desktop_app.engine.precautions import end_with


class MockFunction:
    """A foreign function; its type is set on it."""

    restype: Any = None

    def __init__(self, returned: int) -> None:
        self._returned = returned

    def __call__(self, *_: object) -> int:
        return self._returned


class MockKernel32:
    """What Windows was asked, in order."""

    def __init__(self, *, takes: bool = True) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.takes = takes
        self.CreateJobObjectW = MockFunction(0x11)

    def SetInformationJobObject(self, job: Any, kind: int, limits: Any, size: int) -> bool:  # noqa: N802
        flags = ctypes.cast(limits, ctypes.POINTER(ExtendedLimits)).contents.basic.limit_flags
        self.asked.append(("limits", (job.value, kind, flags, size)))
        return True

    def AssignProcessToJobObject(self, job: Any, process: Any) -> bool:  # noqa: N802
        self.asked.append(("assign", (job.value, process.value)))
        return self.takes

    def CloseHandle(self, job: Any) -> None:  # noqa: N802
        self.asked.append(("close", job.value))


def test_a_mock_of_windows_gets_a_job_that_kills_when_it_is_closed() -> None:
    kernel32 = MockKernel32()
    job = bound(kernel32, 0x22)

    size = ctypes.sizeof(ExtendedLimits)
    assert size == (144 if ctypes.sizeof(ctypes.c_void_p) == 8 else 112)  # as winnt.h has it
    asked = [("limits", (0x11, 9, KILL_ON_JOB_CLOSE, size)), ("assign", (0x11, 0x22))]
    assert kernel32.asked == asked
    del job
    assert kernel32.asked[2:] == [("close", 0x11)]


def test_a_mock_of_windows_that_refuses_leaves_no_job() -> None:
    kernel32 = MockKernel32(takes=False)

    assert bound(kernel32, 0x22) is None
    assert kernel32.asked[-1] == ("close", 0x11)


def test_elsewhere_there_is_no_job() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert bound_to_this_process(process) is None  # type: ignore[arg-type]  # no pipes


def mock_of_bsd(watched: list[tuple[int, dict[str, int]]], *, gone: bool) -> Any:
    def kevent(pid: int, **wanted: int) -> tuple[int, dict[str, int]]:
        return pid, wanted

    def control(events: list[tuple[int, dict[str, int]]], most: int) -> None:
        assert most == 1
        watched.extend(events)
        if gone:
            raise ProcessLookupError

    return SimpleNamespace(
        kevent=kevent,
        kqueue=lambda: SimpleNamespace(control=control),
        KQ_FILTER_PROC=-5,
        KQ_EV_ADD=1,
        KQ_NOTE_EXIT=0x80000000,
    )


def test_a_mock_of_macos_waits_for_the_parents_end_and_ends() -> None:
    watched: list[tuple[int, dict[str, int]]] = []
    ended: list[int] = []
    end_with(42, mock_of_bsd(watched, gone=False), ended.append)

    assert watched == [(42, {"filter": -5, "flags": 1, "fflags": 0x80000000})]
    assert ended == [0]


def test_a_mock_of_macos_whose_parent_is_gone_ends_at_once() -> None:
    ended: list[int] = []
    end_with(42, mock_of_bsd([], gone=True), ended.append)

    assert ended == [0]
