"""One process at a time: an operating system's lock on a file.

The system drops it when the process ends, however it ends, so there is nothing to clean up
after a crash, and no process id to take for another's
(docs/decisions/0008-the-system-keeps-the-locks.md).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:  # what flock(2) calls "would block"
            raise BlockingIOError(*error.args) from error
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Holds the lock on `path` from construction to `release`."""

    def __init__(self, path: Path) -> None:
        """Take the lock without waiting.

        Raises:
            BlockingIOError: another process, or another part of this one, holds it.
            OSError: the file cannot be made, or its file system knows no locks.
        """
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
        except OSError:
            os.close(self._handle)
            raise

    def is_of(self, path: Path) -> bool:
        """Tell whether the locked file still has this name; a holder may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._handle), path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let go of the lock; harmless when it was let go before."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
