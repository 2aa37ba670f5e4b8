"""A vault's lock, held while it is open. SQLite's own exclusive lock stands behind it."""

from __future__ import annotations

from desktop_app.vault.errors import BusyVaultError, disk_error
from desktop_app.vault.files import VaultFiles
from resources.file_lock import FileLock


def locked(files: VaultFiles) -> FileLock:
    """Take the lock of the vault in `files` without waiting.

    Raises:
        BusyVaultError: another process, or another part of this one, has the vault open.
        VaultError: the lock file cannot be made.
    """
    try:
        return FileLock(files.lock)
    except BlockingIOError as error:
        raise BusyVaultError("vault.busy") from error
    except OSError as error:
        raise disk_error(error, files.lock, files.folder) from error
