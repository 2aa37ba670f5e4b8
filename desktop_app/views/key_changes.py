"""What the threads of the keys' section do with a history that is open; they load its libraries.

Where a lock or the end of the window comes before the change is certain, a person is told: they
hold a sheet, or remember a passphrase, that counts for nothing. But one way of opening takes a
third of a second, so it may still be changed while a lock waits for it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.recovery_code import RecoveryCode
    from desktop_app.vault.typed_secret import TypedSecret
    from desktop_app.vault.vault import Vault


def set_passphrase(vault: Vault, passphrase: str) -> None:
    """Let `passphrase` open it, and no earlier one."""
    with _changing_way(vault):
        vault.keys.set_passphrase(passphrase)


def set_recovery(vault: Vault, code: RecoveryCode) -> None:
    """Let `code` open it, and no earlier one."""
    with _changing_way(vault):
        vault.keys.set_recovery(code)


def remove(vault: Vault, kind: SlotKind) -> None:
    """Let one way open it no longer."""
    with _changing_way(vault):
        vault.keys.remove(kind)


def keep_in_keyring(vault: Vault) -> None:
    """Let this computer's keyring open it."""
    from desktop_app.vault.keychain import Keychain

    with _changing_way(vault):
        vault.keys.keep_in(Keychain())


def take_out_of_keyring(vault: Vault) -> None:
    """Let the keyring open it no longer."""
    from desktop_app.vault.keychain import Keychain

    with _changing_way(vault):
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


@contextmanager
def _changing_way(vault: Vault) -> Iterator[None]:
    from desktop_app.vault.interruptible import IN_HASTE_S, Work

    with vault.database.at(Work.CHANGING_KEY), vault.database.granting(IN_HASTE_S):
        yield
