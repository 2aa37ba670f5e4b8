"""The operating system's lock on a file: one holder, gone with its process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resources.file_lock import FileLock

HOLD = """
import sys
from pathlib import Path
from resources.file_lock import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[bytes]:
    """A process that holds the lock until its stdin ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def test_another_process_is_refused_until_the_holder_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as child:
        with pytest.raises(BlockingIOError):
            FileLock(path)
        child.communicate()
    FileLock(path).release()


def test_a_killed_holder_leaves_nothing_to_clean_up(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as child:
        child.send_signal(signal.SIGKILL)
    FileLock(path).release()


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path), pytest.raises(BlockingIOError):
        FileLock(path)


def test_a_child_does_not_inherit_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = FileLock(path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        FileLock(path).release()
        child.communicate(b"\n")


def test_releasing_twice_is_harmless(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    lock.release()
    lock.release()


def test_a_file_that_cannot_be_made_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "missing" / "lock")


def test_a_lock_knows_that_its_file_was_removed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with FileLock(path) as lock:
        assert lock.is_of(path)
        path.unlink()
        assert not lock.is_of(path)
        with FileLock(path) as another:
            assert another.is_of(path)
            assert not lock.is_of(path)
