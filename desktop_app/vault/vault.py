"""A vault that is open: lock, envelope, database, migrations, sessions, taken in that order."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from desktop_app.errors import KnownError
from desktop_app.local_time import local
from desktop_app.vault.arrival import clear_arrival, vault_in
from desktop_app.vault.backups import Backups
from desktop_app.vault.blobs import Blobs
from desktop_app.vault.checkpoints import Checkpoints
from desktop_app.vault.copies import clear_leftovers
from desktop_app.vault.database import Database
from desktop_app.vault.documents import Documents
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.errors import (
    ClockBackwardsError,
    DamagedHistoryError,
    VaultError,
    disk_error,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.interruptible import IN_HASTE_S
from desktop_app.vault.key_slots import KeySlots
from desktop_app.vault.lock import locked
from desktop_app.vault.mending import Tried, found_envelope, mend, put_right
from desktop_app.vault.migrations import migrate
from desktop_app.vault.other_ways import copied_ways
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.removed_words import forget_noted
from desktop_app.vault.rescue import clear_drafts, finish_rescue, rescue
from desktop_app.vault.respelling import Respelling
from desktop_app.vault.rotation import DIFFERENT_WITH_THE_OTHER, Unsealing, renewal, rotate, settled
from desktop_app.vault.search import Search
from desktop_app.vault.session_keys import SessionKeys
from desktop_app.vault.sessions import Clock, Sessions
from desktop_app.vault.strange_copies import LEFT, StrangeCopies
from desktop_app.vault.trash import Trash
from desktop_app.vault.typed_secret import TypedSecret
from resources.file_lock import FileLock

if TYPE_CHECKING:  # a keyring's libraries are loaded by whoever has one
    from desktop_app.vault.keychain import Keychain

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""Clocks are set right by seconds all the time; only more is worth a sentence."""

UNREACHED: Final = frozenset({"vault.copy_unread", "vault.copies_away"})
"""Errors of copies that nobody could look into: what they would keep is not purged."""


class Vault:
    """The history, readable until `close`."""

    sessions: Sessions
    keys: KeySlots
    """The ways of opening it again, while it is open."""
    notices: tuple[KnownError, ...]
    """What a person should be told once, though nothing stands in the way."""

    def __init__(
        self,
        files: VaultFiles,
        dek: bytes,
        held: ExitStack,
        clock: Clock,
        envelope: Envelope | None = None,
    ) -> None:
        """Open the database with the data key; `held` is what to let go of at the end.

        `envelope` is the one that gave the key, where one did.
        """
        database = held.enter_context(Database(files.history, dek))
        self.own_envelope = OwnEnvelope(files, database.check_there, envelope)
        held.callback(self.own_envelope.close)  # when nobody changes the keys any more
        migrate(database)
        database.check_encrypted()
        clear_leftovers(files)
        strange = StrangeCopies(files, database, dek)
        held.callback(strange.forget)  # after the last copy, which may have to look for them
        strangers = _set_aside(strange)
        self.backups = Backups(files, database, clock, strange, self.own_envelope)
        self._opened = False
        held.callback(self._renew_copies)  # when the log is empty and the last copy given up
        checkpoints = Checkpoints(database.checkpoint, then=self._copy_if_due)
        held.callback(checkpoints.close)
        database.committed = checkpoints.committed
        if self.backups.missed():
            checkpoints.committed(deleted=False)
        self.backups.clear_outlived()
        if self.backups.expired:  # a kill, or haste, came between a purge and the new copy
            checkpoints.committed(deleted=True)
        self.files, self.database = files, database
        self.keys = KeySlots(files, dek, self.own_envelope)
        self.keys.certain = database.check_given_up_at_last
        self.keys.copies_perhaps_away = strange.perhaps_away
        held.callback(self.keys.forget)
        self.backups.put_back = self.keys.follow
        self.session_keys = SessionKeys(database, self.keys)
        self.blobs = Blobs(files.blobs, database, self.session_keys)
        self.sessions, self.search = Sessions(database, clock), Search(database)
        self.documents = Documents(database, clock)
        self.respelling = Respelling(database)
        held.callback(self.respelling.close)
        self.sessions.purging = lambda: self.backups.expiring(self.keys.dek)
        self.sessions.purged = self.blobs.sweep
        self._settle_keys()
        self._finish_interrupted()
        with suppress(VaultError):  # a disk that takes nothing leaves them for the next time
            self.sessions.drafts.part()
        self.trash = Trash(database, self.sessions, clock)
        self._sweep()
        unpurged = self._empty_trash()
        held.callback(self._remove_for_good)
        told = (*_of_copies(self.backups, files), *strangers, *unpurged)
        self.notices = (*_notices(self.sessions, clock), *told)
        if self.damage is not None:
            self.notices = (self.damage, *strangers)
        self._held = held.pop_all()
        self._opened = True

    def _settle_keys(self) -> None:
        """End what a kill cut short; what the disk does not take is left for the next time."""
        for step in (self.session_keys.settle, self.keys.follow):
            with suppress(VaultError):
                step()

    def _finish_interrupted(self) -> None:
        """Mark replies a dead process left; a disk that takes nothing leaves them so for now."""
        with suppress(VaultError):
            self.sessions.finish_interrupted()

    def _empty_trash(self) -> tuple[VaultError, ...]:
        """Purge what is due; return why a copy that is out of reach leaves it for the next time.

        A disk that takes nothing does so too, and says it whenever something is written.
        """
        try:
            self.trash.purge_due()
        except VaultError as error:
            return (error,) if error.key in UNREACHED else ()
        return ()

    def _sweep(self) -> None:
        """Remove files nobody names. Not at the end: a log that failed may name one yet."""
        with suppress(VaultError):
            self.blobs.sweep()

    def _remove_for_good(self) -> None:
        self._empty_trash()
        with suppress(VaultError):
            forget_noted(self.database)

    def _renew_copies(self) -> None:
        """Make the copy without what was purged, though there is little time; or the next opening.

        A lock that comes soon after a purge gives up the copy that was due, and closing purges what
        the trash does not keep.
        """
        if self._opened:
            with suppress(VaultError), self.database.granting(IN_HASTE_S):
                self.backups.renew()

    def _copy_if_due(self) -> None:
        self.own_envelope.put_back_if_possible()  # a kill may come any time, and a copy tomorrow
        self.backups.make_if_due()

    def rotate(
        self,
        *,
        passphrase: str | TypedSecret | None = None,
        code: RecoveryCode | None = None,
        keychain: Keychain | None = None,
    ) -> None:
        """Encrypt the history with a new data key, and the copies beside it; see rotation.py.

        Raises:
            VaultError: see there; or the key is changed, and the copies are not yet
                (vault.copies_behind).
        """
        # Sealed before anything is held: locking need not wait for whom a keyring asks.
        renewed = renewal(self.keys, passphrase=passphrase, code=code, keychain=keychain)
        with ExitStack() as alone:
            alone.enter_context(self.database.undisturbed())
            with self.backups.expiring(self.keys.dek) as expire:
                rotate(self.files, self.database, self.keys, self.session_keys, renewed, expire)
                self._sweep()
                alone.close()  # the copies are made in steps
                try:
                    self.database.check_given_up()  # it may be closed by now
                    self.backups.renew()
                except VaultError as error:
                    raise VaultError("vault.copies_behind", folder=self.files.backups) from error
                if self.backups.clear_stuck():
                    raise VaultError("vault.copies_behind", folder=self.files.backups)

    @property
    def damage(self) -> DamagedHistoryError | None:
        """What to tell a person once a damaged page was met, at the opening or since."""
        if not self.database.damaged:
            return None
        return DamagedHistoryError("vault.partly_damaged", path=self.database.path)

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
        DamagedEnvelopeError, NewerVaultError: there is a vault, but its envelope cannot be used,
            and no copy has one.
    """
    files = vault_in(folder)
    if not files.exist():
        return frozenset()
    found = found_envelope(files)
    return found.slots() | copied_ways(files, found)


def open_with_passphrase(
    folder: Path, passphrase: str, clock: Clock = time.time, *, rescues: bool = False
) -> Vault:
    """Open the vault in `folder`; `rescues`: rescue a history that is too damaged to open.

    Raises:
        WrongPassphraseError: the vault is well, the passphrase is not its own.
        VaultError: see its subclasses; nothing was changed.
    """
    vault = _open(
        folder, lambda envelope: envelope.open_with_passphrase(passphrase), clock, rescues=rescues
    )
    vault.keys.raise_cost(SlotKind.PASSPHRASE, lambda: vault.keys.set_passphrase(passphrase))
    return vault


def open_with_recovery(
    folder: Path, typed: str, clock: Clock = time.time, *, rescues: bool = False
) -> Vault:
    """Open the vault in `folder` with the recovery code, as it was typed; `rescues` as above.

    Raises:
        RecoveryCodeSlipError: what was typed is no recovery code.
        WrongRecoveryCodeError: it is one, and not this vault's.
        VaultError: see its subclasses; nothing was changed.
    """
    code = RecoveryCode.read(typed)
    vault = _open(
        folder, lambda envelope: envelope.open_with_recovery(code), clock, rescues=rescues
    )
    vault.keys.raise_cost(SlotKind.RECOVERY, lambda: vault.keys.set_recovery(code))
    return vault


def open_with_keyring(
    folder: Path, keychain: Keychain, clock: Clock = time.time, *, rescues: bool = False
) -> Vault:
    """Open the vault in `folder` with the key this system keeps; `rescues` as above.

    Raises:
        KeyringError: absent, locked, unavailable or changed; other slots still open the vault.
        VaultError: see its subclasses; nothing was changed.
    """
    return _open(folder, by_keyring(keychain), clock, rescues=rescues)


def by_keyring(keychain: Keychain) -> Unsealing:
    """Return what opens an envelope with the key this system keeps."""

    def unsealed(envelope: Envelope) -> bytes:
        keychain.check_is(envelope.kept_by())
        return envelope.open_with_keyring(keychain.read(envelope.vault))

    return unsealed


def opens(folder: Path, unsealed: Unsealing) -> bool:
    """Tell whether the vault in `folder` opens: to be asked before another takes its place.

    It is opened, for nothing less tells it, and closed again.
    """
    try:
        vault = _open(folder, unsealed, time.time, rescues=False)
    except KnownError:
        return False
    vault.database.give_up()  # no copy is made of it now
    vault.close()
    return True


def open_rescued(
    folder: Path, dek: bytes, envelope: Envelope | None = None, clock: Clock = time.time
) -> Vault:
    """Rescue the history in `folder`, which was open with `dek` and is closed, and open it again.

    `envelope` is its own, where it is known: by now another history's may lie in its place.

    Raises:
        DamagedHistoryError: nothing of it can be read; it stands as it was.
        VaultError: see its subclasses; nothing was changed.
    """
    files = vault_in(folder)
    with ExitStack() as held:
        held.enter_context(_settled_lock(files))
        told = rescue(files, dek).told()
        vault = Vault(files, dek, held, clock, envelope)
        vault.notices = (told, *vault.notices)
        return vault


def _open(folder: Path, unsealed: Unsealing, clock: Clock, *, rescues: bool) -> Vault:
    files, dek = vault_in(folder), None
    tried = Tried(unsealed)
    if not files.exist():
        raise VaultError("vault.none")
    try:
        with ExitStack() as held:
            held.enter_context(_settled_lock(files))
            mended = mend(files, tried)
            dek = settled(files, tried)
            vault = Vault(files, dek, held, clock, tried.gave[dek])
            vault.notices = (*mended, *vault.notices)
            return vault
    except DIFFERENT_WITH_THE_OTHER as error:  # and so with another history's; see mending.py
        with _settled_lock(files):
            put = put_right(files, unsealed, dek)
        if put:
            vault = _open(folder, unsealed, clock, rescues=rescues)
            vault.notices = (*put, *vault.notices)
            return vault
        if dek is None or not rescues or not isinstance(error, DamagedHistoryError):
            raise
    return open_rescued(folder, dek, tried.gave[dek], clock)


def _settled_lock(files: VaultFiles) -> FileLock:
    """Take the lock, end a rescue that a crash cut short, and remove what else one left."""
    lock = locked(files)
    try:
        finish_rescue(files)
    except OSError as error:
        lock.release()
        raise disk_error(error, files.history) from error
    clear_drafts(files)
    clear_arrival(files)
    return lock


def _set_aside(strange: StrangeCopies) -> tuple[KnownError, ...]:
    """Set strange copies aside; return what to tell of that, or where some could not be.

    Where nobody can look which they are, each thing that needs to know says so.
    """
    try:
        aside = strange.set_aside()
    except OSError:
        return ()
    except VaultError as error:
        return (error,) if error.key == LEFT else ()
    return () if aside is None else (VaultError("vault.strange_copies_aside", folder=aside),)


def _of_copies(backups: Backups, files: VaultFiles) -> tuple[KnownError, ...]:
    since = backups.failing_since()
    if since is None:
        return ()
    day = f"{local(since):%Y-%m-%d}"
    return (VaultError("vault.copies_failing", since=day, folder=files.backups),)


def _notices(sessions: Sessions, clock: Clock) -> tuple[KnownError, ...]:
    newest = None
    with suppress(DamagedHistoryError):
        newest = sessions.newest()
        sessions.try_to_write()
    now = datetime.fromtimestamp(clock(), UTC)
    if newest is not None and now < newest - CLOCK_TOLERANCE:
        return (ClockBackwardsError("vault.clock_backwards"),)
    return ()
