"""What the threads of the keys' section do with a history that is open; they load its libraries.

Where a lock or the end of the window comes before the change is certain, a person is told: they
hold a sheet, or remember a passphrase, that counts for nothing. But one way of opening takes a
third of a second, so it may still be changed while a lock waits for it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.keychain import Keychain
    from desktop_app.vault.recovery_code import RecoveryCode
    from desktop_app.vault.typed_secret import TypedSecret
    from desktop_app.vault.vault import Vault


def set_passphrase(vault: Vault, passphrase: str) -> None:
    """Let `passphrase` open it, and no earlier one."""
    with _changing_way(vault):
        vault.keys.set_passphrase(passphrase)


def set_recovery(vault: Vault, code: RecoveryCode) -> None:
    """Let `code` open it, and no earlier one; a person has seen it by now."""
    from desktop_app.vault.shown_sheet import ShownSheet

    with ShownSheet(vault.files, vault.keys).told_of(), _changing_way(vault):
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


def require_ready(vault: Vault, passphrase: TypedSecret | None) -> None:
    """Refuse a change of the data key that would fail, before a new sheet is shown for it."""
    from desktop_app.vault import rotation

    keychain = _keychain_of(vault)
    rotation.require_ready(vault.files, vault.keys, passphrase=passphrase, keychain=keychain)


def rotate(vault: Vault, passphrase: TypedSecret | None, code: RecoveryCode | None) -> None:
    """Change the data key; a lock before that is certain ends it, and says so.

    `code`: a new one, which a person has seen by now.
    """
    from desktop_app.vault.interruptible import Work
    from desktop_app.vault.shown_sheet import ShownSheet

    told = nullcontext() if code is None else ShownSheet(vault.files, vault.keys).told_of()
    with told, vault.database.at(Work.CHANGING_KEY):
        vault.rotate(passphrase=passphrase, code=code, keychain=_keychain_of(vault))


def _keychain_of(vault: Vault) -> Keychain | None:
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.keychain import Keychain

    return Keychain() if SlotKind.KEYRING in vault.keys.envelope().slots() else None


@contextmanager
def _changing_way(vault: Vault) -> Iterator[None]:
    from desktop_app.vault.interruptible import IN_HASTE_S, Work

    with vault.database.at(Work.CHANGING_KEY), vault.database.granting(IN_HASTE_S):
        yield
