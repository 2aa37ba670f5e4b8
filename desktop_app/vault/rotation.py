"""Changing the data key: every page of the history is encrypted anew, and every slot sealed anew.

    session keys made for the new → vault.next.json written → the earlier one kept beside damaged
    histories → PRAGMA rekey → renamed to vault.json

`PRAGMA rekey` leaves the file under the old key or the new one, never between (measured by kills).
So whoever finds both envelopes at the start tries both keys, and the envelope of the one that opens
the history stays; where that is damaged too, of the one that opens a page of it. Nothing else
changes slots in between: who wants to waits, and locking waits for no more than what has begun to
be encrypted.

A key that was seen by others opens afterwards what it does not reach: backup files, and damaged
histories that were set aside (set_aside.py), which are never changed and which whoever asks for a
new key names. What opens such a history stays beside it: written while the disk can still refuse,
so that ending a change that was cut short needs no room, and removed where the old key stands, for
it would outlive its passphrase. The copies beside the history are made anew (vault.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from desktop_app.atomic_file import sync_folder
from desktop_app.errors import BugError
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import (
    BusyVaultError,
    DamagedEnvelopeError,
    DamagedHistoryError,
    DiskFullError,
    KeyringAbsentError,
    KeyringChangedError,
    KeyringError,
    KeyringLockedError,
    KeyringUnavailableError,
    RecoveryCodeSlipError,
    VaultError,
    WayMissingError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.key_slots import KeySlots
from desktop_app.vault.other_envelopes import keep_another
from desktop_app.vault.peek import pages_opened
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import new_key
from desktop_app.vault.session_keys import SessionKeys
from desktop_app.vault.set_aside import drop_keys_aside, keep_keys_aside
from desktop_app.vault.typed_secret import TypedSecret

if TYPE_CHECKING:  # a keyring's libraries are loaded by whoever has one
    from desktop_app.vault.keychain import Keychain

Unsealing = Callable[[Envelope], bytes]
"""Opens an envelope by what a person has; raises what is wrong with that."""

DIFFERENT_WITH_THE_OTHER: Final = (
    WrongPassphraseError,
    WrongRecoveryCodeError,
    RecoveryCodeSlipError,
    WayMissingError,
    KeyringAbsentError,
    KeyringChangedError,
    DamagedEnvelopeError,
    DamagedHistoryError,
)
"""What can be so with one envelope and not with the other, or with another history's."""

OF_KEYRING: Final[dict[type[KeyringError], str]] = {
    KeyringLockedError: "vault.rotation_keyring",
    KeyringAbsentError: "vault.rotation_keyring_lost",
    KeyringChangedError: "vault.rotation_keyring_lost",
    KeyringUnavailableError: "vault.rotation_keyring_unusable",
}
"""What is said of a keyring that does not give its key: the history is open, so what a page that
unlocks would say is no way on.
"""

SPARE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Renewal:
    """A new data key, sealed for every way there is, and not in force yet."""

    dek: bytes = field(repr=False)
    envelope: Envelope
    found: Envelope
    """What it takes the place of."""


def renewal(
    keys: KeySlots,
    *,
    passphrase: str | TypedSecret | None = None,
    code: RecoveryCode | None = None,
    keychain: Keychain | None = None,
) -> Renewal:
    """Return a new data key, sealed with what each slot is sealed with, which has to be given.

    A keyring may ask a person: whoever calls this holds nothing that others wait for. It is asked
    when nothing is held here either that would open the history behind a lock: the passphrase is
    used by then, and the data key in force is looked at afterwards.

    Args:
        keys: the open key.
        passphrase: the one in force, where there is one; a typed one is taken.
        code: where there is a recovery code: the same, or a new one the person has seen by now.
        keychain: where a keyring opens it.

    Raises:
        GivenUpError: the history was closed meanwhile.
        WrongPassphraseError: the passphrase is another.
        KeyringError: the keyring does not give its key.
        VaultError: one of the three is missing.
    """
    found, dek = keys.envelope(), new_key()
    for slot, given, missing in (
        (found.keyring, keychain, "vault.rotation_keyring"),
        (found.passphrase, passphrase, "vault.rotation_passphrase"),
        (found.recovery, code, "vault.rotation_recovery"),
    ):
        if slot is not None and given is None:
            raise VaultError(missing)
    envelope = Envelope(found.vault)
    if found.passphrase is not None and passphrase is not None:
        envelope = _with_passphrase(envelope, dek, keys, found, passphrase)
    if found.recovery is not None and code is not None:
        envelope = envelope.with_recovery(dek, code)
    if found.keyring is not None and keychain is not None:
        envelope = _with_keyring(envelope, dek, keys, found, keychain)
    return Renewal(dek, envelope, found)


def require_ready(
    files: VaultFiles,
    keys: KeySlots,
    *,
    passphrase: str | TypedSecret | None,
    keychain: Keychain | None,
) -> None:
    """Refuse what is wrong already: to be asked before a person is shown a new recovery sheet.

    The passphrase comes first; a typed one is held no more when a keyring asks a person.

    Raises:
        GivenUpError: the history was closed meanwhile.
        WrongPassphraseError: the passphrase is another.
        KeyringError: the keyring does not give its key.
        DiskFullError: there is no room for it.
    """
    found = keys.envelope()
    if found.passphrase is not None and passphrase is not None:
        _checked(passphrase, keys, found)
    if found.keyring is not None and keychain is not None:
        _kept_key(keys, found, keychain)
    _require_space(files)


def rotate(
    files: VaultFiles,
    database: Database,
    keys: KeySlots,
    session_keys: SessionKeys,
    renewed: Renewal,
    certain: Callable[[], None],
) -> None:
    """Change the data key of an open history.

    Args:
        files: the vault's.
        database: it, open.
        keys: its open key, which becomes the new one.
        session_keys: what the data key seals inside the history.
        renewed: the new one.
        certain: called when nothing but the disk can refuse it any more.

    Raises:
        BusyVaultError: the ways of opening were changed since `renewed` was made.
        GivenUpError: the history is being closed; the old key stands.
        VaultError: the disk is full, an earlier change has not been ended, …; the old key stands.
    """
    dek = renewed.dek
    # A slot changed in between would be sealed for the old key, or be lost with the old envelope.
    with keys.unchanging():
        if files.next_envelope.exists():  # perhaps the only one that opens the history by now
            raise VaultError("vault.rotation_unfinished")
        keys.own.put_back()
        if keys.envelope() != renewed.found:
            raise BusyVaultError("vault.busy")
        _require_space(files)
        with database.alone():  # a session's key made meanwhile would be sealed for the old alone
            database.check_given_up()
            session_keys.renew_for(dek)
            crash_point("rotation.session_keys_sealed")
            with keys.renewing():
                database.check_given_up_at_last()
                certain()
                with keys.own.unmoved():
                    write_envelope(files.next_envelope, renewed.envelope)
                crash_point("rotation.envelope_written")
                _keep_earlier(files, renewed.found)
                crash_point("rotation.keys_kept_aside")
                _rekey(files, database, renewed)
                keys.replace(dek)
            crash_point("rotation.rekeyed")
            try:
                with keys.own.becoming(renewed.envelope):
                    _keep_next(files, renewed.found)  # before anybody closes the history
            except VaultError as error:
                raise VaultError("vault.rotation_unfinished") from error
            crash_point("rotation.renamed")
            with suppress(VaultError):  # a full disk; both are done again later
                session_keys.settle()
                database.checkpoint()


def settled(files: VaultFiles, unsealed: Unsealing) -> bytes:
    """Return the data key, having ended a rotation that a crash cut short.

    Raises:
        VaultError: what `unsealed` raises, or what is wrong with the files.
    """
    if not files.next_envelope.exists():
        return unsealed(read_envelope(files.envelope))
    refused: list[VaultError] = []
    damaged: list[tuple[int, bytes, Callable[[VaultFiles], None]]] = []
    for path, keep in ((files.envelope, _drop_next), (files.next_envelope, _keep_next)):
        try:
            dek = unsealed(read_envelope(path))
        except DIFFERENT_WITH_THE_OTHER as error:
            refused.append(error)
            continue
        try:
            with Database(files.history, dek):
                pass
        except DamagedHistoryError as error:
            refused.append(error)
            damaged.append((pages_opened(files.history, dek), dek, keep))
            continue
        with suppress(DiskFullError):  # it opens all the same, and is ended the next time
            keep(files)
        return dek
    pages, found, settle = max(damaged, key=lambda each: each[0], default=(0, b"", _drop_next))
    if pages:  # of this key, and damaged besides: whoever opens it says so, or rescues it
        with suppress(DiskFullError):
            settle(files)
        return found
    # An envelope that opens is the loser; the reason is why the other one does not.
    raise next(
        (error for error in refused if not isinstance(error, DamagedHistoryError)), refused[0]
    )


def _with_passphrase(
    renewed: Envelope, new: bytes, keys: KeySlots, found: Envelope, passphrase: str | TypedSecret
) -> Envelope:
    return renewed.with_passphrase(new, _checked(passphrase, keys, found))


def _checked(passphrase: str | TypedSecret, keys: KeySlots, found: Envelope) -> str:
    text = passphrase.take() if isinstance(passphrase, TypedSecret) else passphrase
    _check(found.open_with_passphrase(text), keys.dek)
    return text


def _with_keyring(
    renewed: Envelope, new: bytes, keys: KeySlots, found: Envelope, keychain: Keychain
) -> Envelope:
    """Seal with the same key of the keyring: it cannot change in one step with a file."""
    return renewed.with_keyring(new, _kept_key(keys, found, keychain), found.kept_by())


def _kept_key(keys: KeySlots, found: Envelope, keychain: Keychain) -> bytes:
    try:
        kek = keychain.read(found.vault)  # asks a person
        _check(found.open_with_keyring(kek), keys.dek)
    except KeyringError as error:
        raise type(error)(OF_KEYRING[type(error)], keyring=keychain.name) from error
    return kek


def _check(dek: bytes, expected: bytes) -> None:
    if dek != expected:
        raise BugError("a slot holds another data key than the one in use")


def _rekey(files: VaultFiles, database: Database, renewed: Renewal) -> None:
    try:
        database.rekey(renewed.dek)
    except DiskFullError:  # rolled back; after other errors the next start looks what holds
        with suppress(VaultError):
            _drop_next(files, renewed.found)
        raise
    except VaultError as error:  # one of both keys holds
        raise VaultError("vault.rotation_unfinished") from error


def _require_space(files: VaultFiles) -> None:
    """Refuse before anything is written where the log could not hold every page once."""
    try:
        needed = int(1.1 * files.history.stat().st_size) + SPARE_BYTES
        if shutil.disk_usage(files.folder).free < needed:
            raise DiskFullError("vault.disk_full", folder=files.folder)
    except OSError as error:
        raise disk_error(error, files.history) from error


def _keep_earlier(files: VaultFiles, found: Envelope) -> None:
    try:
        keep_keys_aside(files, found)
    except OSError as error:
        with suppress(VaultError):
            _drop_next(files, found)
        raise disk_error(error, files.envelope) from error


def _keep_next(files: VaultFiles, found: Envelope | None = None) -> None:
    """Let the next envelope take the place of `found`, and keep one of another history there.

    After a crash it is not known: then what has the history's id is taken for it, and not kept,
    for it would open what was set aside though its passphrase was changed.
    """
    vault = read_envelope(files.next_envelope).vault
    keep_another(files, lambda there: there.vault == vault if found is None else there == found)
    try:
        files.next_envelope.replace(files.envelope)
        sync_folder(files.folder)
    except OSError as error:
        raise disk_error(error, files.envelope) from error


def _drop_next(files: VaultFiles, found: Envelope | None = None) -> None:
    """Let the envelope in force stay alone: `found`, or after a crash what lies in its place."""
    found = found or read_envelope(files.envelope)
    try:
        drop_keys_aside(files, found)
        files.next_envelope.unlink()
        sync_folder(files.folder)
    except OSError as error:
        raise disk_error(error, files.envelope) from error
