"""`soulchat vault`: the ways of opening the history, its key, and its end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any, Final

from desktop_app.commands.environment import NEW_PASSPHRASE, PASSPHRASE, Secrets
from desktop_app.commands.output import print_json, speak, tell
from desktop_app.commands.terminal import ask, ask_secret, has_terminal
from desktop_app.commands.unlock import made, typed_twice, unlocked
from desktop_app.errors import InputError, KnownError
from desktop_app.paths import Paths
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.envelope import Envelope, SecretSlot, SlotKind
from desktop_app.vault.erase import erase, takes_from_keyring
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.mending import found_envelope
from desktop_app.vault.passphrase import checked
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.vault.rotation import require_ready
from desktop_app.vault.set_aside import set_aside
from desktop_app.vault.shown_sheet import ShownSheet
from desktop_app.vault.vault import Vault, slots
from resources.messages import sentence

CONFIRMED: Final = "erase"


def run_vault(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """Do what `soulchat vault …` asks for.

    Raises:
        VaultError: there is no history, it cannot be opened, or not changed; nothing is lost.
        InputError: a secret is needed, and there is neither its variable nor a terminal.
    """
    match arguments.vault:
        case "status":
            _status(vault_in(paths.vault), as_json=arguments.json)
        case "init":
            _init(paths, secrets)
        case "erase":
            _erase(paths, confirmed=arguments.yes)
        case _:
            with unlocked(paths.vault, secrets) as vault:
                _change(vault, arguments, secrets)


def _change(vault: Vault, arguments: argparse.Namespace, secrets: Secrets) -> None:
    match arguments.vault:
        case "unlock-test":
            tell(sentence("keys.opens"))
        case "passphrase" if arguments.remove:
            vault.keys.remove(SlotKind.PASSPHRASE)
            tell(sentence("keys.passphrase_removed"))
        case "passphrase":
            vault.keys.set_passphrase(_new_passphrase(secrets))
            tell(sentence("keys.passphrase_changed"))
        case "recovery" if arguments.remove:
            vault.keys.remove(SlotKind.RECOVERY)
            tell(sentence("keys.recovery_removed"))
        case "recovery":
            with _sheet_at_stake(vault):
                vault.keys.set_recovery(_new_sheet(vault))
            tell(sentence("keys.recovery_changed"))
        case "keyring" if arguments.keyring == "add":
            vault.keys.keep_in(Keychain())
            tell(sentence("keys.keyring_added"))
        case "keyring":
            vault.keys.take_out_of(Keychain())
            tell(sentence("keys.keyring_removed"))
        case "rotate":
            _rotate(vault, secrets)


def _init(paths: Paths, secrets: Secrets) -> None:
    if slots(paths.vault):
        raise VaultError("vault.exists")
    with made(paths.vault, secrets):
        tell(sentence("keys.made"))


def _status(files: VaultFiles, *, as_json: bool) -> None:
    envelope = found_envelope(files) if files.exist() else None
    if as_json:
        print_json(_plain(envelope, files))
    elif envelope is None:
        tell(VaultError("vault.none"))
    else:
        for kind in SlotKind:
            known = "set" if kind in envelope.slots() else "unset"
            speak(sentence(f"keys.{kind}_{known}"))


def _plain(envelope: Envelope | None, files: VaultFiles) -> dict[str, Any]:
    if envelope is None:
        return {"exists": False, "slots": {}}
    keyring = envelope.keyring
    return {
        "exists": True,
        "id": envelope.vault,
        "slots": {
            SlotKind.KEYRING: keyring and {"keyring": keyring.keyring},
            SlotKind.PASSPHRASE: _plain_slot(envelope.passphrase),
            SlotKind.RECOVERY: _plain_slot(envelope.recovery),
        },
        "changing_key": files.next_envelope.exists(),
        "bytes": files.history.stat().st_size if files.history.exists() else None,
    }


def _plain_slot(slot: SecretSlot | None) -> dict[str, int] | None:
    if slot is None:
        return None
    cost = slot.argon2.cost
    return {"memory_kib": cost.memory_kib, "passes": cost.passes, "lanes": cost.lanes}


def _new_passphrase(secrets: Secrets) -> str:
    if secrets.new_passphrase is None:
        if not has_terminal():
            raise InputError("input.no_new_passphrase", variable=NEW_PASSPHRASE)
        return typed_twice()
    return checked(secrets.new_passphrase)


def _new_sheet(vault: Vault) -> RecoveryCode:
    """Print a new code. It is seen before it counts, so a kill in between costs no way in."""
    code = RecoveryCode.new()
    today = datetime.now().astimezone().date()
    speak(RecoverySheet(code, vault.keys.envelope().vault, today).text())
    return code


@contextmanager
def _sheet_at_stake(vault: Vault) -> Iterator[None]:
    """Say whether the sheet printed inside counts, whatever ends this; see shown_sheet.py."""
    sheet = ShownSheet(vault.files, vault.keys)
    try:
        with sheet.told_of(KnownError):
            yield
    except KnownError:
        raise
    except BaseException as error:  # Ctrl-C or a bug, which keeps its exit code
        key = sheet.fate(error)
        if key is not None:
            tell(sentence(f"error.{key}"))
        raise


def _rotate(vault: Vault, secrets: Secrets) -> None:
    envelope = vault.keys.envelope()
    passphrase, code, keychain = None, None, None
    if SlotKind.KEYRING in envelope.slots():
        keychain = Keychain()
    if SlotKind.PASSPHRASE in envelope.slots():
        passphrase = secrets.passphrase or _typed_passphrase()
    require_ready(vault.files, vault.keys, passphrase=passphrase, keychain=keychain)
    prints = SlotKind.RECOVERY in envelope.slots() and secrets.recovery_code is None
    if secrets.recovery_code is not None and SlotKind.RECOVERY in envelope.slots():
        code = RecoveryCode.read(secrets.recovery_code)
        envelope.open_with_recovery(code)
    with _sheet_at_stake(vault) if prints else nullcontext():
        code = _new_sheet(vault) if prints else code
        vault.rotate(passphrase=passphrase, code=code, keychain=keychain)
    tell(sentence("keys.rotated"))
    for each in set_aside(vault.files):
        tell(sentence("keys.rotated_aside", path=each.path))
    if prints:
        tell(sentence("keys.recovery_changed"))


def _typed_passphrase() -> str:
    if not has_terminal():
        raise InputError("input.no_passphrase", variable=PASSPHRASE)
    return ask_secret(sentence("terminal.passphrase"))


def _erase(paths: Paths, *, confirmed: bool) -> None:
    from_keyring = takes_from_keyring(paths.vault)
    if not confirmed:
        if not has_terminal():
            raise InputError("input.not_confirmed", option="--yes")
        asked = [sentence("keys.erase", word=CONFIRMED)]
        if from_keyring:
            asked.insert(0, sentence("keys.erase_keyring"))
        if ask("\n".join(asked)) != CONFIRMED:
            tell(sentence("keys.not_erased"))
            return
    erase(paths.vault, Keychain())
    tell(sentence("keys.erased"))
    if from_keyring:  # whoever said --yes was not asked, and so not told of it before
        tell(sentence("keys.erased_in_keyring"))
