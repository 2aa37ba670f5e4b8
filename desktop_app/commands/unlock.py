"""Opening the history without a window: by the environment, the keyring, or a prompt.

In that order. A variable goes before the keyring, because whoever sets it says so now. A wrong
passphrase or recovery code is an error and no reason to try the next way.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from desktop_app.commands.environment import PASSPHRASE, RECOVERY_CODE, Secrets
from desktop_app.commands.output import tell
from desktop_app.commands.terminal import ask, ask_secret, has_terminal
from desktop_app.core_files import refuse_tracing
from desktop_app.errors import InputError, KnownError
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import (
    KeyringError,
    RecoveryCodeSlipError,
    WayMissingError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.lock import locked
from desktop_app.vault.passphrase import LEAST_CHARACTERS
from desktop_app.vault.vault import (
    Vault,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
    slots,
)
from resources.messages import sentence

ATTEMPTS: Final = 3
"""So often a person may type what opens it, as with ssh and sudo."""


def unlocked(folder: Path, secrets: Secrets, *, rescues: bool = False) -> Vault:
    """Open the history in `folder`; what a person should be told once goes to stderr.

    `rescues`: rescue one that is too damaged to open.

    Raises:
        VaultError: there is none, or it cannot be opened; nothing was changed.
        InputError: it needs a passphrase, and there is neither the variable nor a terminal.
    """
    vault = _opened(folder, secrets, rescues=rescues)
    for notice in vault.notices:
        tell(notice)
    return vault


def unlocked_or_made(folder: Path, secrets: Secrets) -> Vault:
    """Open the history in `folder`, or make one where there is none.

    What opens a new one is the passphrase of the environment, else the keyring, else a passphrase
    that is asked for.

    Raises:
        VaultError: it cannot be opened or made; nothing was changed.
        InputError: see `unlocked`.
    """
    return unlocked(folder, secrets) if slots(folder) else made(folder, secrets)


def made(folder: Path, secrets: Secrets) -> Vault:
    """Make a history in `folder` and open it; see `unlocked_or_made`.

    Raises:
        VaultError: it cannot be made; nothing is left of it.
        InputError: see `unlocked`.
    """
    refuse_tracing()
    if kept_copies(VaultFiles(folder)):
        tell(sentence("terminal.kept_copies"))
    if secrets.passphrase is not None:
        return create(folder, passphrase=secrets.passphrase)
    keychain = Keychain()
    try:
        keychain.probe()
    except KeyringError as error:
        _require_terminal(frozenset({SlotKind.PASSPHRASE}), error)
        tell(sentence("terminal.new_history"))
        return create(folder, passphrase=typed_twice())
    return create(folder, keychain=keychain)


def typed_twice() -> str:
    """Ask for a new passphrase until it was typed twice alike."""
    while True:
        typed = ask_secret(sentence("terminal.new_passphrase"))
        if len(typed) < LEAST_CHARACTERS:
            tell(sentence("passphrase.short", least=LEAST_CHARACTERS))
        elif ask_secret(sentence("terminal.passphrase_again")) != typed:
            tell(sentence("passphrase.differs"))
        else:
            return typed


def _opened(folder: Path, secrets: Secrets, *, rescues: bool) -> Vault:
    refuse_tracing()
    ways = slots(folder)
    if secrets.passphrase is not None and SlotKind.PASSPHRASE in ways:
        return open_with_passphrase(folder, secrets.passphrase, rescues=rescues)
    if secrets.recovery_code is not None and SlotKind.RECOVERY in ways:
        return open_with_recovery(folder, secrets.recovery_code, rescues=rescues)
    if ways <= {SlotKind.KEYRING}:  # the keyring's alone; or there is none, which this says
        return open_with_keyring(folder, Keychain(), rescues=rescues)
    if SlotKind.KEYRING in ways:
        try:
            return open_with_keyring(folder, Keychain(), rescues=rescues)
        except (KeyringError, WayMissingError) as error:
            _require_terminal(ways, error)
    else:
        _require_terminal(ways)
    return _opened_at_prompt(folder, ways, rescues=rescues)


def _opened_at_prompt(folder: Path, ways: frozenset[SlotKind], *, rescues: bool) -> Vault:
    locked(VaultFiles(folder)).release()  # in use by another: said before anything is typed
    for _ in range(ATTEMPTS - 1):
        try:
            return _opened_by_typing(folder, ways, rescues=rescues)
        except (WrongPassphraseError, RecoveryCodeSlipError, WrongRecoveryCodeError) as error:
            tell(error)
    return _opened_by_typing(folder, ways, rescues=rescues)


def _opened_by_typing(folder: Path, ways: frozenset[SlotKind], *, rescues: bool) -> Vault:
    """Open with what is typed; an empty passphrase asks for the recovery code, if there is one."""
    if SlotKind.PASSPHRASE in ways:
        by_code = SlotKind.RECOVERY in ways
        typed = ask_secret(sentence("terminal.passphrase_or" if by_code else "terminal.passphrase"))
        if typed or not by_code:
            return open_with_passphrase(folder, typed, rescues=rescues)
    return open_with_recovery(folder, ask(sentence("terminal.recovery")), rescues=rescues)


def _require_terminal(ways: frozenset[SlotKind], why: KnownError | None = None) -> None:
    """Say why, and go on to a prompt; refuse where nobody could answer it."""
    if why is not None:  # also before a refusal: mending the keyring is a way on without a prompt
        tell(why)
    if not has_terminal():
        if SlotKind.PASSPHRASE in ways:
            raise InputError("input.no_passphrase", variable=PASSPHRASE)
        raise InputError("input.no_recovery_code", variable=RECOVERY_CODE)
