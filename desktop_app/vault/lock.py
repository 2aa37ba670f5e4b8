"""One process at a time: an operating system's lock on a file, held while the vault is open.

The system drops it when the process ends, however it ends, so there is nothing to clean up
after a crash. SQLite's own exclusive lock stands behind it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Self

from desktop_app.vault.errors import BusyVaultError, disk_error

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Holds the lock on `path` from construction to `release`."""

    def __init__(self, path: Path) -> None:
        """Take the lock without waiting.

        Raises:
            BusyVaultError: another process, or another part of this one, holds it.
            VaultError: the file cannot be made.
        """
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise disk_error(error, path) from error
        try:
            _lock(self._handle)
        except OSError as error:
            os.close(self._handle)
            if isinstance(error, BlockingIOError | PermissionError):  # Linux and macOS | Windows
                raise BusyVaultError("vault.busy") from error
            raise disk_error(error, path) from error

    def release(self) -> None:
        """Let go of the lock; harmless when it was let go before."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
