"""What a control group allows this process (Linux): processor time and memory.

Version 2 has one tree, version 1 one for each controller; a container may show its own group as
the root (cgroups(7), Documentation/admin-guide/cgroup-v2.rst).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
NO_LIMIT: Final = 2**60
"""Version 1 writes no limit as a number near 2**63."""


def processors(root: Path = ROOT) -> float | None:
    """Return how many processors' time the group may use; None where nothing limits it."""
    quotas = []
    for folder in _groups("cpu", root):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not period:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(quota) and int(period):
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def memory_left(root: Path = ROOT) -> int | None:
    """Return how many bytes the group may still take; None where nothing limits it.

    Pages of files that nobody uses are given back on demand, so they count as left.
    """
    rooms = []
    for folder in _groups("memory", root):
        limit = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        used = _read(folder / "memory.current") or _read(folder / "memory.usage_in_bytes")
        if limit.isdigit() and used.isdigit() and int(limit) < NO_LIMIT:
            rooms.append(max(0, int(limit) - int(used) + _idle_file_pages(folder)))
    return min(rooms, default=None)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folders of this process's group and of those above it."""
    tree = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0":
            base = tree
        elif controller in controllers.split(","):
            base = tree / controller
        else:
            continue
        group = base / path.strip("/")
        if not group.is_dir():
            group = base
        while group != tree.parent:
            yield group
            group = group.parent


def _idle_file_pages(folder: Path) -> int:
    for line in _read(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"} and value.isdigit():
            return int(value)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
