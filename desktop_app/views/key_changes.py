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

    by_keyring = SlotKind.KEYRING in vault.keys.envelope().slots()
    keychain = Keychain() if by_keyring else None
    with vault.database.at(Work.CHANGING_KEY):
        vault.rotate(passphrase=passphrase, code=code, keychain=keychain)


def wait_for_rotation(vault: Vault, seconds: float) -> None:
    """Wait for a new data key of a history that is about to be closed, so long at most.

    Raises:
        VaultError: it is not changed; a recovery sheet made for it counts for nothing.
    """
    from desktop_app.vault.errors import VaultError
    from desktop_app.vault.interruptible import Work

    if not vault.database.wait_for(Work.CHANGING_KEY, seconds):
        raise VaultError("vault.key_not_changed")
