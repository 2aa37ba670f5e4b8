"""Opening a backup's envelope: by the environment, the keyring, or a prompt, in that order.

A backup opens with what was in force when it was made, which may be another passphrase than now.
"""

from __future__ import annotations

from desktop_app.commands.environment import PASSPHRASE, Secrets
from desktop_app.commands.terminal import ask_secret, has_terminal
from desktop_app.core_files import refuse_tracing
from desktop_app.errors import InputError
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.errors import KeyringError, WrongPassphraseError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.rotation import Unsealing
from resources.messages import sentence


def by_what_there_is(secrets: Secrets) -> Unsealing:
    """Return what opens a backup's envelope.

    It raises WrongPassphraseError, WrongRecoveryCodeError, KeyringError, or InputError where
    nothing is given and nobody can be asked. Who looks into a backup and then restores it is asked
    once.
    """
    refuse_tracing()
    before: list[tuple[Envelope, bytes]] = []

    def unsealed(envelope: Envelope) -> bytes:
        for known, dek in before:
            if known == envelope:
                return dek
        dek = _by_environment(envelope, secrets) or _by_keyring(envelope) or _by_prompt(envelope)
        before.append((envelope, dek))
        return dek

    return unsealed


def _by_environment(envelope: Envelope, secrets: Secrets) -> bytes | None:
    ways = envelope.slots()
    if secrets.recovery_code is not None and SlotKind.RECOVERY in ways:
        return envelope.open_with_recovery(RecoveryCode.read(secrets.recovery_code))
    if secrets.passphrase is not None and SlotKind.PASSPHRASE in ways:
        try:
            return envelope.open_with_passphrase(secrets.passphrase)
        except WrongPassphraseError:
            if not has_terminal():
                raise
    return None


def _by_keyring(envelope: Envelope) -> bytes | None:
    """Open a copy this computer made for itself."""
    if SlotKind.KEYRING not in envelope.slots():
        return None
    keychain = Keychain()
    try:
        return envelope.open_with_keyring(keychain.read(envelope.vault))
    except KeyringError:
        if envelope.slots() == {SlotKind.KEYRING}:
            raise
        return None


def _by_prompt(envelope: Envelope) -> bytes:
    if not has_terminal():
        raise InputError("input.no_passphrase", variable=PASSPHRASE)
    if SlotKind.PASSPHRASE in envelope.slots():
        by_code = SlotKind.RECOVERY in envelope.slots()
        typed = ask_secret(sentence("backup.passphrase_or" if by_code else "backup.passphrase"))
        if typed or not by_code:
            return envelope.open_with_passphrase(typed)
    typed = ask_secret(sentence("backup.recovery_code"))
    return envelope.open_with_recovery(RecoveryCode.read(typed))
