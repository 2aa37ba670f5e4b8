"""A vault that is open: lock, envelope, database, migrations, sessions, taken in that order."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from desktop_app.errors import KnownError
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import ClockBackwardsError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.lock import FileLock
from desktop_app.vault.migrations import migrate
from desktop_app.vault.sessions import Clock, Sessions

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""Clocks are set right by seconds all the time; only more is worth a sentence."""


class Vault:
    """The history, readable until `close`."""

    sessions: Sessions
    notices: tuple[KnownError, ...]
    """What a person should be told once, though nothing stands in the way."""

    def __init__(self, files: VaultFiles, dek: bytes, held: ExitStack, clock: Clock) -> None:
        """Open the database with the data key; `held` is what to let go of at the end."""
        database = held.enter_context(Database(files.history, dek))
        migrate(database)
        database.check_encrypted()
        self.sessions = Sessions(database, clock)
        self.sessions.finish_interrupted()
        self.notices = _notices(self.sessions, clock)
        self._held = held.pop_all()

    def close(self) -> None:
        """Close the file and let go of the lock; harmless when that was done before."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def slots(folder: Path) -> frozenset[SlotKind]:
    """Return the ways the vault in `folder` can be opened; none where there is no vault.

    Raises:
        DamagedEnvelopeError, NewerVaultError: there is a vault, but its envelope cannot be used.
    """
    files = VaultFiles(folder)
    return read_envelope(files.envelope).slots() if files.exist() else frozenset()


def open_with_passphrase(folder: Path, passphrase: str, clock: Clock = time.time) -> Vault:
    """Open the vault in `folder`.

    Raises:
        WrongPassphraseError: the vault is well, the passphrase is not its own.
        VaultError: see its subclasses; nothing was changed.
    """
    return _open(folder, lambda envelope: envelope.open_with_passphrase(passphrase), clock)


def open_with_keyring(folder: Path, keychain: Keychain, clock: Clock = time.time) -> Vault:
    """Open the vault in `folder` with the key this system keeps.

    Raises:
        KeyringError: absent, locked, unavailable or changed; other slots still open the vault.
        VaultError: see its subclasses; nothing was changed.
    """

    def unsealed(envelope: Envelope) -> bytes:
        keychain.check_is(envelope.kept_by())
        return envelope.open_with_keyring(keychain.read(envelope.vault))

    return _open(folder, unsealed, clock)


def _open(folder: Path, unsealed: Callable[[Envelope], bytes], clock: Clock) -> Vault:
    files = VaultFiles(folder)
    if not files.exist():
        raise VaultError("vault.none")
    with ExitStack() as held:
        held.enter_context(FileLock(files.lock))
        return Vault(files, unsealed(read_envelope(files.envelope)), held, clock)


def _notices(sessions: Sessions, clock: Clock) -> tuple[KnownError, ...]:
    newest = sessions.newest()
    now = datetime.fromtimestamp(clock(), UTC)
    if newest is not None and now < newest - CLOCK_TOLERANCE:
        return (ClockBackwardsError("vault.clock_backwards"),)
    return ()
