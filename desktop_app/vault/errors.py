"""What can be wrong with a vault: one class for each thing a caller acts upon differently.

A wrong passphrase is never taken for a damaged file: the key is checked against `vault.json`
before the database is touched, because SQLite has one message for both.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from desktop_app.errors import KnownError
from resources.messages import Language, sentence
from resources.sizes import megabytes
from resources.system_errors import reason_of


class VaultError(KnownError):
    """The encrypted history cannot do what was asked; nothing of it is lost by that."""


class WrongPassphraseError(VaultError):
    """The passphrase does not open this vault; asking again is the way on."""


class WayMissingError(VaultError):
    """The envelope has no such way of opening; that of the same history, or another's, may."""


class RecoveryCodeSlipError(VaultError):
    """What was typed is no recovery code: a letter is wrong, missing or too many."""


class WrongRecoveryCodeError(VaultError):
    """The recovery code is one, but not that of this vault, or no longer."""


class DamagedEnvelopeError(VaultError):
    """`vault.json`, which holds the sealed key, is missing, damaged, or another history's."""


class DamagedHistoryError(VaultError):
    """`history.db` is missing or damaged, though the key is right."""


class NewerVaultError(VaultError):
    """A newer version of this program wrote the vault; it is left untouched."""


class BusyVaultError(VaultError):
    """Another process has this vault open."""


class ReadOnlyVaultError(VaultError):
    """The vault's folder or files may not be written to."""


class DiskFullError(VaultError):
    """No space left; what was stored before is whole. Says what was set aside, which may go."""

    def __init__(self, key: str, /, *, folder: Path, vault: Path | None = None) -> None:
        """`folder` is where nothing more could be written; `vault` the vault's, if another."""
        from desktop_app.vault.set_aside import bytes_set_aside  # noqa: PLC0415 - it needs this one

        aside = bytes_set_aside(vault or folder)
        if aside:
            key = "vault.disk_full_aside"
        super().__init__(key, folder=folder, megabytes=megabytes(aside))


class GivenUpError(VaultError):
    """The history is being closed, so what was begun was given up and undone."""


class ClockBackwardsError(VaultError):
    """The clock stands before the newest message. Told, never raised: the order is not by time."""


class RescuedHistoryError(VaultError):
    """The history was damaged and has been rescued. Told, never raised.

    `losses` says how much of what is lost: the last words of a key below `rescue`, and a count.
    """

    def __init__(self, losses: Mapping[str, int], /, **values: object) -> None:
        self.losses = {what: count for what, count in losses.items() if count}
        key = "vault.rescued_with_loss" if self.losses else "vault.rescued"
        super().__init__(key, **values)

    def sentence(self, lang: Language | None = None) -> str:
        """Return the sentence, what is lost named in it."""
        lost = [
            sentence(f"rescue.lost_{what}", lang=lang, count=count)
            for what, count in self.losses.items()
        ]
        said = sentence("rescue.between", lang=lang).join(lost)
        return sentence(f"error.{self.key}", lang=lang, **self.values, lost=said)


class CopiesLeftError(VaultError):
    """The history is erased, but for copies that could not be looked into: their keys are whole.

    Attributes:
        further: what else is left, said after it; None for nothing.
    """

    def __init__(self, key: str, further: VaultError | None = None, /, **values: object) -> None:
        self.further = further
        super().__init__(key, **values)

    def sentence(self, lang: Language | None = None) -> str:
        """Return both sentences."""
        further = [] if self.further is None else [self.further.sentence(lang)]
        return "\n".join([super().sentence(lang), *further])


class KeysErasedError(VaultError):
    """A history was erased, nothing opens it any more, and some of its files are still there."""


class SessionMissingError(VaultError):
    """No session of that name is in the history, or it does not lie where it was looked for."""


class DamagedBlobError(VaultError):
    """A sealed file of a session is missing or not as it was written; the history is whole."""


class BackupError(VaultError):
    """A backup cannot be made, or a file is no whole backup."""


class TransferError(VaultError):
    """A file of conversations cannot be written, or is none of the known kinds."""


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


def disk_error(error: OSError, path: Path, vault: Path | None = None) -> VaultError:
    """Return the error to raise for what the system said about `path`.

    `vault` is the vault's folder, where `path` does not lie in it: what was set aside, and takes
    room on a full disk, lies beside that one.
    """
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError("vault.disk_full", folder=path.parent, vault=vault)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return ReadOnlyVaultError("vault.read_only", folder=path.parent)
    return VaultError("vault.disk_failed", path=path, reason=reason_of(error))
