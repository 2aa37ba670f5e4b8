"""What can be wrong with a vault: one class for each thing a caller acts upon differently.

A wrong passphrase is never taken for a damaged file: the key is checked against `vault.json`
before the database is touched, because SQLite has one message for both.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from desktop_app.errors import KnownError


class VaultError(KnownError):
    """The encrypted history cannot do what was asked; nothing of it is lost by that."""


class WrongPassphraseError(VaultError):
    """The passphrase does not open this vault; asking again is the way on."""


class DamagedEnvelopeError(VaultError):
    """`vault.json`, which holds the sealed key, is missing or not as it was written."""


class DamagedHistoryError(VaultError):
    """`history.db` is missing or damaged, though the key is right."""


class NewerVaultError(VaultError):
    """A newer version of this program wrote the vault; it is left untouched."""


class BusyVaultError(VaultError):
    """Another process has this vault open."""


class ReadOnlyVaultError(VaultError):
    """The vault's folder or files may not be written to."""


class DiskFullError(VaultError):
    """No space left; what was stored before is whole."""


class ClockBackwardsError(VaultError):
    """The clock stands before the newest message. Told, never raised: the order is not by time."""


class SessionMissingError(VaultError):
    """No session of that name is in the history, or it lies in the trash."""


class KeyringError(VaultError):
    """The operating system's keyring does not give the key."""


class KeyringAbsentError(KeyringError):
    """The keyring works and holds no key for this vault."""


class KeyringLockedError(KeyringError):
    """The keyring is locked, and unlocking it was refused."""


class KeyringUnavailableError(KeyringError):
    """This system offers no keyring, or it fails the probe."""


class KeyringChangedError(KeyringError):
    """The key lies in another keyring than this system's, or it is no longer the same key."""


def disk_error(error: OSError, path: Path) -> VaultError:
    """Return the error to raise for what the system said about `path`."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError("vault.disk_full", folder=path.parent)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ReadOnlyVaultError("vault.read_only", folder=path.parent)
    return VaultError("vault.disk_failed", path=path, reason=os.strerror(error.errno or 0))
