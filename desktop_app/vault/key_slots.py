"""The ways of opening a history that is open: adding one, changing one, taking one away.

Each change is one atomic rewrite of `vault.json`; the history is not touched. The copies beside it
follow (copied_keys.py), at the next opening if a crash comes between. A key goes into the keyring
before the file says so and leaves it after, so a crash on the way costs no way of opening.

A keyring may ask a person, who may have gone. So nobody is made to wait for one but who asks it,
and a history that was closed meanwhile is not changed any more: what went into the keyring then
opens nothing, and is taken up when it is asked for the next time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from desktop_app.vault.copied_keys import follow
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import (
    BusyVaultError,
    GivenUpError,
    KeyringAbsentError,
    KeyringChangedError,
    KeyringError,
    VaultError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keyring_alone import require_other_ways
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import new_key

if TYPE_CHECKING:  # a keyring's libraries are loaded by whoever has one
    from desktop_app.vault.keychain import Keychain


class KeySlots:
    """Holds the open data key until `forget`. Any thread may use it; they take turns."""

    def __init__(self, files: VaultFiles, dek: bytes, own: OwnEnvelope) -> None:
        self._files = files
        self.own = own
        self._dek: bytes | None = dek
        self._asking = threading.Lock()
        """Held to ask a keyring, for as long as a person takes; always before `_turn`."""
        self._turn = threading.RLock()
        """Held for one change, from reading the file to the last copy that follows; before the
        database's own."""
        self._writing = threading.Lock()
        """Held for as long as one file takes, which is all that `forget` may have to wait for."""
        self._renewing = threading.Lock()
        """Held while the data key that is held is about to be another one; the last to be taken."""
        self.certain: Callable[[], None] = lambda: None
        """Called when a change is written next, and nothing but the disk can refuse it any more;
        what it raises leaves all as it was.
        """
        self.copies_perhaps_away: Callable[[], bool] = lambda: False
        """Tells whether copies of another key may be among those that cannot be looked into."""

    @property
    def dek(self) -> bytes:
        """The data key.

        Raises:
            GivenUpError: the history was closed, which a thread at work hears of here.
        """
        dek = self._dek
        if dek is None:
            raise GivenUpError("vault.given_up")
        return dek

    def lasting_dek(self) -> bytes:
        """Return the data key that will open the history the next time.

        Waits for a change of it that cannot be given up any more: so does closing the history.

        Raises:
            GivenUpError: the history was closed.
        """
        with self._renewing:
            return self.dek

    def envelope(self) -> Envelope:
        """Return the slots; see `OwnEnvelope.now`."""
        return self.own.now()

    def set_passphrase(self, passphrase: str) -> None:
        """Let `passphrase` open the history, and no earlier one.

        Raises:
            VaultError: it is empty, or nothing can be written; the earlier one stands. Or it is
                changed, and a copy beside the history is not (vault.copies_behind).
        """
        self._change(lambda envelope: envelope.with_passphrase(self.dek, passphrase))

    def set_recovery(self, code: RecoveryCode) -> None:
        """Let `code` open the history, and no earlier one.

        Raises:
            VaultError: nothing can be written; the earlier one stands.
        """
        self._change(lambda envelope: envelope.with_recovery(self.dek, code))

    def keep_in(self, keychain: Keychain) -> None:
        """Let this system's keyring open the history; what another one kept is void.

        Raises:
            KeyringLockedError, KeyringUnavailableError: it does not keep the key.
            GivenUpError: the history was closed meanwhile.
            VaultError: nothing can be written; what opened the history still does.
        """
        with self._asking:
            vault = self.envelope().vault
            try:
                kek, made = keychain.read(vault), False  # the slot on the disk may need it yet
            except (KeyringAbsentError, KeyringChangedError):
                self._require_open()  # whoever opened it since may have given the keyring a key
                kek, made = new_key(), True  # what is lost or no key of ours opens nothing any more
                keychain.store(vault, kek)
            crash_point("key_slots.kept_in_keyring")
            self._require_open()
            written = False
            try:
                with self._turn:
                    earlier = self._write(
                        lambda envelope: envelope.with_keyring(self.dek, kek, keychain.name)
                    )
                    written = True
                    self._follow(earlier)
            except VaultError:
                if made and not written and self._dek is not None:
                    with suppress(KeyringError):
                        keychain.delete(vault)
                raise

    def remove(self, kind: SlotKind) -> None:
        """Let one way open the history no longer.

        Raises:
            VaultError: there is no such slot, it is the last one, or nothing can be written.
        """
        self._change(lambda envelope: envelope.without(kind))

    def take_out_of(self, keychain: Keychain) -> None:
        """Let the keyring open the history no longer, and forget what it kept.

        Raises:
            KeyringError: the slot is gone, but what the keyring kept for it is still there.
            VaultError: see `remove`; or a copy would never open again.
        """
        with self._asking:
            self.own.put_back()  # the copies are compared with it
            vault = self.envelope().vault
            beside = [self._files.backups] if self.copies_perhaps_away() else []
            require_other_ways(self._files, self.dek, keychain, beside)
            self.remove(SlotKind.KEYRING)
            try:
                keychain.forget(vault, unless=self._is_kept_again)
            except KeyringError as error:
                raise KeyringError("vault.keyring_left", keyring=keychain.name) from error

    def raise_cost(self, kind: SlotKind, seal_again: Callable[[], None]) -> None:
        """Seal a slot again that was sealed when Argon2id was asked for less.

        A disk that takes nothing leaves it as it is: the history has opened all the same.
        """
        with suppress(VaultError):
            slot = getattr(self.envelope(), kind)
            if slot is not None and slot.argon2.below_floor:
                seal_again()

    def follow(self) -> None:
        """Have the copies follow where a crash came between; see copied_keys.py.

        Raises:
            VaultError: some copy could not be written.
        """
        with self._turn:
            self._follow()

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """Let nobody else change a way of opening until the block has ended.

        For whoever changes the data key, and asks no keyring meanwhile: `forget` does not wait.

        Raises:
            GivenUpError: the history was closed meanwhile.
        """
        with self._turn:
            self._require_open()
            yield

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Have `lasting_dek` wait until the block has ended, which replaces the data key."""
        with self._renewing:
            yield

    def replace(self, dek: bytes) -> None:
        """Hold another data key from now on, unless it is held no more."""
        with self._writing:
            if self._dek is not None:
                self._dek = dek

    def forget(self) -> None:
        """Hold no key any more, and change nothing. Python cannot wipe it; see THREAT_MODEL.md."""
        with self._writing:
            self._dek = None

    def _is_kept_again(self) -> bool:
        """Tell whether the file asks for the keyring: it may have been opened by another since."""
        return SlotKind.KEYRING in read_envelope(self._files.envelope).slots()

    def _change(self, changed: Callable[[Envelope], Envelope]) -> None:
        with self._turn:
            self._follow(self._write(changed))

    def _write(self, changed: Callable[[Envelope], Envelope]) -> Envelope:
        """Change the vault's own envelope and return what it was.

        Looked at again at the end: sealing takes its time, and what is written over is gone.
        """
        if self._files.next_envelope.exists():
            raise VaultError("vault.rotation_unfinished")
        self.own.put_back()
        earlier = self.envelope()
        renewed = changed(earlier)
        crash_point("key_slots.sealed")
        with self._while_open():
            changed_by_another = self.envelope() != earlier or not self.own.lies_there()
            if self._files.next_envelope.exists() or changed_by_another:
                raise BusyVaultError("vault.busy")
            self.certain()
            self.own.write(renewed)
        crash_point("key_slots.written")
        return earlier

    def _follow(self, earlier: Envelope | None = None) -> None:
        try:
            follow(self._files, self.dek, self.envelope(), earlier, self._while_open)
        except GivenUpError as error:  # the vault's own is changed: what is told must not deny it
            raise VaultError("vault.copies_behind", folder=self._files.backups) from error

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        """Keep the history from being closed before the block has ended."""
        with self._writing:
            self._require_open()
            yield

    def _require_open(self) -> None:
        if self._dek is None:
            raise GivenUpError("vault.given_up")
