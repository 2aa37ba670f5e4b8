"""A file system of one megabyte: full disks are real ones. Mounting it needs root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    with mounted(tmp_path / "small", "1m") as place:
        yield place


@contextmanager
def mounted(place: Path, size: str) -> Iterator[Path]:
    """Give a file system of its own at `place`, which is made for it."""
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill(place: Path, *, leave: int = 0) -> Path:
    """Fill the disk but for `leave` bytes and return the file that does it."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - leave))
    return filler


def room_on(place: Path, free: int) -> None:
    """Make the disk larger or smaller, so that so many bytes of it are free, a page more or less.

    A large one takes no memory for what is not written.
    """
    disk = os.statvfs(place)
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    subprocess.run(["mount", "-o", f"remount,size={used + free}", place], check=True)


def make_read_only(place: Path) -> None:
    """Refuse every write from now on, root's too."""
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)


def make_writable(place: Path) -> None:
    """Take every write again."""
    subprocess.run(["mount", "-o", "remount,rw", place], check=True)
