"""The envelope: the one data key of a vault, sealed once for each way of opening it.

    DEK  32 random bytes, opens history.db
     └── sealed separately, associated data "vault/1/<vault id>/<slot kind>"
          ├─ keyring      by 32 random bytes the operating system keeps
          ├─ passphrase   by Argon2id of what a person remembers
          └─ recovery     by Argon2id of a code a person keeps on paper

A new passphrase or a new computer reseals 32 bytes; the history is not touched. The
associated data ties a slot to its vault and kind, so none can be moved to another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto
from typing import Final

from desktop_app.vault.errors import (
    KeyringChangedError,
    VaultError,
    WayMissingError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import Argon2, seal, unseal

FORMAT: Final = 1


class SlotKind(StrEnum):
    """A way of opening a vault; its value is the name in lower case, as `vault.json` has it."""

    KEYRING = auto()
    PASSPHRASE = auto()
    RECOVERY = auto()


@dataclass(frozen=True, slots=True)
class KeyringSlot:
    """The data key sealed by a key in the operating system's keyring."""

    keyring: str
    """Which keyring was used: another desktop's would be searched in vain."""
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretSlot:
    """The data key sealed by what a person can type: a passphrase, or a recovery code."""

    argon2: Argon2
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A vault's identity and its slots. Holds no open key."""

    vault: str = field(default_factory=lambda: secrets.token_hex(16))
    keyring: KeyringSlot | None = None
    passphrase: SecretSlot | None = None
    recovery: SecretSlot | None = None

    def slots(self) -> frozenset[SlotKind]:
        """Return the ways this vault can be opened."""
        return frozenset(kind for kind in SlotKind if getattr(self, kind) is not None)

    def with_keyring(self, dek: bytes, kek: bytes, keyring: str) -> Envelope:
        """Return the envelope with `dek` sealed by a key that `keyring` will keep."""
        sealed = seal(dek, kek, self._context(SlotKind.KEYRING))
        return replace(self, keyring=KeyringSlot(keyring, sealed))

    def with_passphrase(self, dek: bytes, passphrase: str) -> Envelope:
        """Return the envelope with `dek` sealed by `passphrase`.

        Raises:
            VaultError: the passphrase is empty.
        """
        if not passphrase:
            raise VaultError("vault.passphrase_empty")
        return replace(self, passphrase=self._sealed(dek, passphrase, SlotKind.PASSPHRASE))

    def with_recovery(self, dek: bytes, code: RecoveryCode) -> Envelope:
        """Return the envelope with `dek` sealed by a recovery code; an earlier one is void."""
        return replace(self, recovery=self._sealed(dek, code.letters, SlotKind.RECOVERY))

    def without(self, kind: SlotKind) -> Envelope:
        """Return the envelope without one slot.

        Raises:
            VaultError: it has no such slot, or no other, and the vault would never open again.
        """
        if kind not in self.slots():
            raise VaultError(f"vault.no_{kind}")
        if self.slots() == {kind}:
            raise VaultError("vault.last_way")
        match kind:
            case SlotKind.KEYRING:
                return replace(self, keyring=None)
            case SlotKind.PASSPHRASE:
                return replace(self, passphrase=None)
            case SlotKind.RECOVERY:
                return replace(self, recovery=None)

    def kept_by(self) -> str:
        """Return the name of the keyring that holds this vault's key.

        Raises:
            WayMissingError: none does.
        """
        if self.keyring is None:
            raise WayMissingError("vault.no_keyring")
        return self.keyring.keyring

    def open_with_keyring(self, kek: bytes) -> bytes:
        """Return the data key.

        Raises:
            KeyringChangedError: `kek` is not the key this slot was sealed with.
            WayMissingError: this vault has no keyring slot.
        """
        if self.keyring is None:
            raise WayMissingError("vault.no_keyring")
        dek = unseal(self.keyring.sealed, kek, self._context(SlotKind.KEYRING))
        if dek is None:
            raise KeyringChangedError("vault.keyring_changed", keyring=self.keyring.keyring)
        return dek

    def open_with_passphrase(self, passphrase: str) -> bytes:
        """Return the data key.

        Raises:
            WrongPassphraseError: it is not the one this slot was sealed with.
            WayMissingError: this vault has no passphrase.
        """
        if self.passphrase is None:
            raise WayMissingError("vault.no_passphrase")
        dek = self._unsealed(self.passphrase, passphrase, SlotKind.PASSPHRASE)
        if dek is None:
            raise WrongPassphraseError("vault.wrong_passphrase")
        return dek

    def open_with_recovery(self, code: RecoveryCode) -> bytes:
        """Return the data key.

        Raises:
            WrongRecoveryCodeError: it is not the one this slot was sealed with.
            WayMissingError: this vault has no recovery code.
        """
        if self.recovery is None:
            raise WayMissingError("vault.no_recovery")
        dek = self._unsealed(self.recovery, code.letters, SlotKind.RECOVERY)
        if dek is None:
            raise WrongRecoveryCodeError("vault.wrong_recovery")
        return dek

    def _sealed(self, dek: bytes, secret: str, kind: SlotKind) -> SecretSlot:
        argon2 = Argon2()
        return SecretSlot(argon2, seal(dek, argon2.key(secret), self._context(kind)))

    def _unsealed(self, slot: SecretSlot, secret: str, kind: SlotKind) -> bytes | None:
        return unseal(slot.sealed, slot.argon2.key(secret), self._context(kind))

    def _context(self, kind: SlotKind) -> str:
        return f"vault/{FORMAT}/{self.vault}/{kind}"
