"""How many threads: counted from the kernel's files, on machines made of files."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resources import cgroup
from resources.processor import candidates, fast_cores, physical_cores
from resources.windows_cores import asked, cores_in


def machine(root: Path, siblings: list[str], speeds: tuple[int, ...] = ()) -> Path:
    """Write a machine's logical cores; each shares its physical one with `siblings`."""
    for cpu, shared in enumerate(siblings):
        folder = root / f"sys/devices/system/cpu/cpu{cpu}"
        (folder / "topology").mkdir(parents=True)
        (folder / "topology/thread_siblings_list").write_text(f"{shared}\n")
        if speeds:
            (folder / "cpufreq").mkdir()
            (folder / "cpufreq/cpuinfo_max_freq").write_text(f"{speeds[cpu]}\n")
    return root


@pytest.fixture(autouse=True)
def eight_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


def limited(root: Path, **files: str) -> Path:
    """Put this process into a group of version 2 with these files."""
    group = root / "sys/fs/cgroup/app"
    group.mkdir(parents=True)
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("0::/app\n")
    for name, content in files.items():
        (group / name.replace("_", ".", 1)).write_text(content)
    return root


def test_two_hyper_threads_are_one_core(tmp_path: Path) -> None:
    assert physical_cores(machine(tmp_path, ["0,4", "1,5", "2,6", "3,7"] * 2)) == 4


def test_only_cores_of_the_affinity_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 4})

    assert physical_cores(machine(tmp_path, ["0,4", "1,5", "2,6", "3,7"] * 2)) == 2


def test_a_core_without_a_file_counts_as_itself(tmp_path: Path) -> None:
    assert physical_cores(tmp_path) == 8


@pytest.mark.parametrize(("quota", "cores"), [("250000 100000", 3), ("max 100000", 4), ("", 4)])
def test_no_more_than_a_groups_time_pays_for(tmp_path: Path, quota: str, cores: int) -> None:
    limited(machine(tmp_path, ["0,4", "1,5", "2,6", "3,7"] * 2), cpu_max=quota)

    assert physical_cores(tmp_path) == cores


def test_a_group_above_limits_too(tmp_path: Path) -> None:
    limited(machine(tmp_path, [str(cpu) for cpu in range(8)]), cpu_max="max 100000")
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("200000 100000")

    assert physical_cores(tmp_path) == 2


def test_the_first_version_of_groups_has_a_tree_for_each_controller(tmp_path: Path) -> None:
    group = machine(tmp_path, ["0", "1", "2", "3"] * 2) / "sys/fs/cgroup/cpu,cpuacct"
    group.mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu").symlink_to("cpu,cpuacct")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("4:cpu,cpuacct:/not/shown/here\n0::/\n")
    (group / "cpu.cfs_quota_us").write_text("100000\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")

    assert physical_cores(tmp_path) == 1


def test_slow_cores_are_told_from_fast_ones(tmp_path: Path) -> None:
    cores = ["0,1", "0,1", "2,3", "2,3", "4", "5", "6", "7"]
    machine(tmp_path, cores, (4_700_000,) * 4 + (3_300_000,) * 4)

    assert (physical_cores(tmp_path), fast_cores(tmp_path)) == (6, 2)
    assert candidates(tmp_path) == (6, 5, 3, 2)


def test_alike_cores_are_all_fast(tmp_path: Path) -> None:
    machine(tmp_path, [str(cpu) for cpu in range(8)], (3_000_000, 2_900_000) * 4)

    assert fast_cores(tmp_path) == 8
    assert candidates(tmp_path) == (8, 7, 4)


def test_one_core_leaves_nothing_to_compare(tmp_path: Path) -> None:
    assert candidates(limited(tmp_path, cpu_max="50000 100000")) == (1,)


def record(mask: int, *, efficiency: int = 0, group: int = 0, relation: int = 0) -> bytes:
    """A SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX of a core; hyper-threads set the first flag."""
    shared = mask.bit_count() > 1
    return struct.pack("<IIBB20xHQH6x", relation, 48, shared, efficiency, 1, mask, group)


class Kernel32:
    """Answers as Windows does: how long it is, then all of it."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def GetLogicalProcessorInformationEx(  # noqa: N802 - Windows' name
        self, relation: int, buffer: Any, size: Any
    ) -> int:
        assert relation == 0
        size._obj.value = len(self.content)
        if buffer is None:
            return 0
        buffer.raw = self.content
        return 1


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Answer for Windows, with these records; it has no affinity of Linux's kind."""
    monkeypatch.delattr(os, "sched_getaffinity")

    def answer(content: bytes) -> None:
        found = cores_in(asked(Kernel32(content)))
        monkeypatch.setattr("resources.processor.windows_cores", lambda: found)

    return answer


def test_windows_cores_without_hyper_threads_all_count(
    windows: Callable[[bytes], None], tmp_path: Path
) -> None:
    windows(b"".join(record(1 << cpu) for cpu in range(6)))

    assert candidates(tmp_path) == (6, 5, 3)


def test_windows_hyper_threads_are_one_core_and_its_slow_cores_are_told_from_fast_ones(
    windows: Callable[[bytes], None], tmp_path: Path
) -> None:
    fast = [record(0b11 << 2 * core, efficiency=1) for core in range(4)]
    windows(b"".join([*fast, *(record(1 << cpu) for cpu in range(8, 16))]))

    assert (physical_cores(tmp_path), fast_cores(tmp_path)) == (12, 4)


def test_windows_cores_of_another_group_are_others() -> None:
    cores = cores_in(record(0b11) + record(0b11, group=1))

    assert [core.logical for core in cores] == [(0, 1), (64, 65)]


def test_other_records_of_windows_are_passed_over_and_a_torn_one_ends_it() -> None:
    cores = cores_in(record(1, relation=2) + record(2) + record(4)[:40] + bytes(3))

    assert [core.logical for core in cores] == [(1,)]
    assert cores_in(struct.pack("<II", 0, 0) + bytes(60)) == []


def test_where_the_system_is_silent_all_count_and_half_of_them_is_compared(
    windows: Callable[[bytes], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows(b"")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)

    assert candidates(tmp_path) == (8, 7, 4)


def test_memory_of_a_group_is_its_limit_less_what_it_uses(tmp_path: Path) -> None:
    limited(
        tmp_path,
        memory_max="1000",
        memory_current="700",
        memory_stat="anon 500\ninactive_file 150\nactive_file 50\n",
    )

    assert cgroup.memory_left(tmp_path) == 450


@pytest.mark.parametrize("limit", ["max", str(2**63 - 4096)])
def test_no_limit_is_no_number(tmp_path: Path, limit: str) -> None:
    assert cgroup.memory_left(limited(tmp_path, memory_max=limit, memory_current="7")) is None
