"""When this machine was started and how long it has slept: what failed may work after either."""

from __future__ import annotations

import ctypes
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST_SLEEP_S: Final = 1.0
"""Two clocks are read one after the other."""
CORRECTED_S: Final = 60.0
"""So far a clock that is set right, or drifts for weeks, may move what it says of the start."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as sleeping counts it."""

    boot: str
    """Tells one start of the machine from another; empty where the system does not."""
    asleep_s: float
    """Since the start."""
    started_s: float = 0.0
    """When that was, in seconds since 1970 by the clock on the wall; 0 where `boot` tells it."""

    def fresh_since(self, earlier: Moment) -> bool:
        """Tell whether the machine has slept, or was started anew, since an earlier moment."""
        return (
            self.boot != earlier.boot
            or abs(self.started_s - earlier.started_s) > CORRECTED_S
            or abs(self.asleep_s - earlier.asleep_s) > LEAST_SLEEP_S  # less: it began again
        )


def now() -> Moment:
    """Return this moment."""
    boot, (up_s, awake_s) = _boot(), _since_start()
    return Moment(boot, up_s - awake_s, 0.0 if boot else time.time() - up_s)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _since_start() -> tuple[float, float]:
    """Return a clock that runs on in sleep, and one that stands still; seconds since the start.

    Both of a pair are corrected alike, or neither is: else they drift apart, and the machine seems
    to have slept. Elsewhere than on Linux never run by us yet.
    """
    system = platform.system()
    if system == "Linux":
        return _clock("CLOCK_BOOTTIME"), _clock("CLOCK_MONOTONIC")
    if system == "Darwin":  # mach_continuous_time, mach_absolute_time; CLOCK_MONOTONIC is corrected
        return _clock("CLOCK_MONOTONIC_RAW"), _clock("CLOCK_UPTIME_RAW")
    if system == "Windows":
        awake = ctypes.c_uint64()
        kernel = ctypes.CDLL("kernel32")
        kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        kernel.GetTickCount64.restype = ctypes.c_uint64
        return float(kernel.GetTickCount64()) / 1e3, awake.value / 1e7
    return time.monotonic(), time.monotonic()


def _clock(name: str) -> float:
    return time.clock_gettime(getattr(time, name))
