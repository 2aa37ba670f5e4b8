"""What the threads of the keys' section do with a history that is open; they load its libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.vault.recovery_code import RecoveryCode
    from desktop_app.vault.typed_secret import TypedSecret
    from desktop_app.vault.vault import Vault


def keep_in_keyring(vault: Vault) -> None:
    """Let this computer's keyring open it."""
    from desktop_app.vault.keychain import Keychain

    vault.keys.keep_in(Keychain())


def take_out_of_keyring(vault: Vault) -> None:
    """Let the keyring open it no longer."""
    from desktop_app.vault.keychain import Keychain

    vault.keys.take_out_of(Keychain())


def rotate(vault: Vault, passphrase: TypedSecret | None, code: RecoveryCode | None) -> None:
    """Change the data key; a lock before that is certain ends it, and says so."""
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.interruptible import Work
    from desktop_app.vault.keychain import Keychain

    with vault.database.at(Work.CHANGING_KEY):
        by_keyring = SlotKind.KEYRING in vault.keys.envelope().slots()
        keychain = Keychain() if by_keyring else None
        vault.rotate(passphrase=passphrase, code=code, keychain=keychain)


def check_rotated(vault: Vault, *, ended: bool) -> None:
    """Ask of a history about to be closed whether its new data key is in force.

    Raises:
        VaultError: it is not, or not yet; a recovery sheet may have been made for it.
    """
    from desktop_app.vault.errors import VaultError
    from desktop_app.vault.interruptible import Work

    if not ended:  # a keyring asks a person
        raise VaultError("vault.key_not_changed_yet")
    if Work.CHANGING_KEY in vault.database.broke_off:
        raise VaultError("vault.key_not_changed")
