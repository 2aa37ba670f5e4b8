"""What the system shows of running processes (Linux's /proc)."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from pathlib import Path

import pytest

SHOWN_TO_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="the program shows its handles and environment to root alone"
)
"""For tests that look into a process that has refused to be looked into."""


@dataclass(frozen=True, slots=True)
class Process:
    """What every process of the same user can learn of another one."""

    pid: int
    arguments: bytes
    environment: bytes
    handles: tuple[str, ...]
    """What its open handles lead to."""
    core_bytes: int | None
    """The largest core file it may leave; None is any."""


def family(pid: int) -> list[int]:
    """Return a process, its children, their children, and so on; the process itself first."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            tail = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(tail.split()[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def cpu_ms(pid: int) -> float:
    """Return the milliseconds a process's first thread has been on a processor."""
    nanoseconds = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]
    return int(nanoseconds) / 1e6


def look_into(pid: int) -> Process:
    """Return what is to be seen of a process; raises PermissionError where root alone may look."""
    folder = Path(f"/proc/{pid}")
    handles = [handle for handle in (folder / "fd").iterdir() if handle.is_symlink()]
    limits = (folder / "limits").read_text(encoding="ascii").splitlines()
    core = next(line.split()[4] for line in limits if line.startswith("Max core file size"))
    return Process(
        pid,
        (folder / "cmdline").read_bytes(),
        (folder / "environ").read_bytes(),
        tuple(os.readlink(handle) for handle in handles),  # noqa: PTH115 - a pipe is no path
        None if core == "unlimited" else int(core),
    )


def wait_for_end(handle: int) -> None:
    """Wait until the process behind a pidfd has ended; closes the pidfd."""
    try:
        ended, _, _ = select.select([handle], [], [], 20)
        assert ended, "the process is still there"
    finally:
        os.close(handle)
