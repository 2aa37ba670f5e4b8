"""How many threads to compute with: the physical cores this process may use.

Two hyper-threads of one core share its vector units, so more threads than cores only add waiting
at llama.cpp's barriers. Where a processor has fast and slow cores, or only part of its time is
ours, what is best is measured once (tempo.py), beginning here.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from pathlib import Path
from typing import Final

from resources import cgroup
from resources.windows_cores import windows_cores

ROOT: Final = Path("/")
SLOW_CORE: Final = 0.75
"""A core of less than that part of the fastest one's capacity is a slow one."""


def physical_cores(root: Path = ROOT) -> int:
    """Return the number of physical cores that are ours to use, at least 1.

    Counted are distinct ones among the logical cores of the affinity, and no more than a control
    group's processor time pays for.
    """
    return _paid_for(len(set(_cores(root).values())), root)


def fast_cores(root: Path = ROOT) -> int:
    """Return how many of them are fast ones; all where they are alike or the system is silent."""
    if sys.platform == "darwin":
        return _sysctl("hw.perflevel0.physicalcpu") or physical_cores(root)
    cores = _cores(root)
    kinds = {cpu: core.efficiency for core in windows_cores() for cpu in core.logical}
    if kinds:
        best = max(kinds.values())
        return len({core for cpu, core in cores.items() if kinds[cpu] == best})
    speeds = {cpu: _speed(cpu, root) for cpu in cores}
    fastest = max(speeds.values(), default=0)
    fast = {core for cpu, core in cores.items() if speeds[cpu] >= SLOW_CORE * fastest}
    return _paid_for(len(fast), root)


def candidates(root: Path = ROOT) -> tuple[int, ...]:
    """Return the numbers of threads worth measuring, the one to take unmeasured in front."""
    cores = physical_cores(root)
    others = {fast_cores(root), cores - 1, math.ceil(cores / 2)}
    return (cores, *sorted(others - {0, cores}, reverse=True))


def _paid_for(cores: int, root: Path) -> int:
    quota = cgroup.processors(root)
    return max(1, cores if quota is None else min(cores, math.ceil(quota)))


def _cores(root: Path) -> dict[int, str]:
    """Return the logical cores of the affinity, each with its physical core's name."""
    if sys.platform == "darwin":
        count = _sysctl("hw.physicalcpu") or os.cpu_count() or 2
        return {cpu: str(cpu) for cpu in range(count)}
    if not hasattr(os, "sched_getaffinity"):
        # Where the system says nothing each counts; half of them is one of the candidates.
        found = windows_cores()
        shared = {cpu: str(core.logical[0]) for core in found for cpu in core.logical}
        return shared or {cpu: str(cpu) for cpu in range(os.cpu_count() or 1)}
    cores = {}
    for cpu in os.sched_getaffinity(0):
        siblings = _cpu(cpu, root) / "topology/thread_siblings_list"
        try:
            cores[cpu] = siblings.read_text(encoding="ascii").strip()
        except OSError:
            cores[cpu] = str(cpu)
    return cores


def _speed(cpu: int, root: Path) -> int:
    """Return a core's capacity, else its highest frequency, in the kernel's units; 0 unknown."""
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        try:
            return int((_cpu(cpu, root) / name).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return 0


def _cpu(cpu: int, root: Path) -> Path:
    return root / f"sys/devices/system/cpu/cpu{cpu}"


def _sysctl(name: str) -> int | None:
    """Ask macOS (sysctlbyname(3)). Never run by us yet."""
    value, size = ctypes.c_int32(), ctypes.c_size_t(4)
    ask = ctypes.CDLL(None).sysctlbyname
    asked = ask(name.encode("ascii"), ctypes.byref(value), ctypes.byref(size), None, 0)
    return value.value if asked == 0 and value.value > 0 else None
