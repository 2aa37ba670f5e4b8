"""A file system that is full, or broken, from one call on: a layer under the VFS that encrypts.

What SQLite writes, to whichever file, passes here as ciphertext. (Over the cipher's VFS it would
not: that one then takes no log for its own, and leaves it plain.) `Disk.left` calls of the kinds in
`Disk.kinds` succeed; the next and all after it fail as on a disk without space (SQLITE_FULL), or,
where no space is asked for, as on a disk that fails (SQLITE_IOERR).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import apsw

NAME = "full-disk"
BASE = "unix"
USUAL, CIPHER = "multipleciphers-unix", f"multipleciphers-{NAME}"
WRITE, TRUNCATE, SYNC = "write", "truncate", "sync"


def refuse(kind: str) -> None:
    """Fail as a disk does."""
    if kind == WRITE:
        raise apsw.FullError("database or disk is full")
    raise apsw.IOError("disk I/O error")


class Disk:
    """How many calls it takes, of which kinds, and what it does then."""

    def __init__(self, at_its_end: Callable[[str], None] = refuse) -> None:
        self.left: int | None = None
        """None: any number."""
        self.takes = 0
        """What `left` is to be set to where the change under test begins."""
        self.kinds: frozenset[str] = frozenset({WRITE})
        self.tried = 0
        self._at_its_end = at_its_end

    def call(self, kind: str) -> None:
        if kind not in self.kinds:
            return
        self.tried += 1
        if self.left is not None:
            if self.left == 0:
                self._at_its_end(kind)
            else:
                self.left -= 1


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(BASE, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.call(WRITE)
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.call(TRUNCATE)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.call(SYNC)
        super().xSync(flags)


class _System(apsw.VFS):
    def __init__(self) -> None:
        self.disk = Disk()
        super().__init__(NAME, BASE)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:
        return _File(self.disk, name, flags)


@cache
def _system() -> _System:
    """Make it once: the cipher's VFS over it keeps a pointer to it as long as the process lives."""
    system = _System()
    apsw.Connection(":memory:", vfs=CIPHER).close()  # asked for by name, it is made over ours
    return system


@contextmanager
def full_disk(disk: Disk | None = None) -> Iterator[Disk]:
    """Let every database of this process be opened on such a disk, with no limit at first."""
    disk = Disk() if disk is None else disk
    _system().disk = disk
    apsw.set_default_vfs(CIPHER)
    try:
        yield disk
    finally:
        apsw.set_default_vfs(USUAL)
