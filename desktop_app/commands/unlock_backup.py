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
from desktop_app.vault.vault import by_keyring
from resources.messages import sentence


class WhatThereIs:
    """Opens a backup's envelope; who looks into a backup and then restores it is asked once.

    It raises WrongPassphraseError, WrongRecoveryCodeError, KeyringError, or InputError where
    nothing is given and nobody can be asked.
    """

    def __init__(self, secrets: Secrets) -> None:
        refuse_tracing()
        self._secrets = secrets
        self._before: list[tuple[Envelope, bytes]] = []
        self._way: Unsealing | None = None
        """What opened one: the keyring, what stands in the environment, or what was typed."""

    def __call__(self, envelope: Envelope) -> bytes:
        """Return the data key."""
        for known, dek in self._before:
            if known == envelope:
                return dek
        dek = (
            self._by_environment(envelope)
            or self._by_keyring(envelope)
            or self._by_prompt(envelope)
        )
        self._before.append((envelope, dek))
        return dek

    def again(self, envelope: Envelope) -> bytes:
        """Return another envelope's data key by the way that opened one before; asks nobody."""
        if self._way is None:
            raise WrongPassphraseError("vault.wrong_passphrase")
        return self._way(envelope)

    def _by_environment(self, envelope: Envelope) -> bytes | None:
        way = _given(envelope, self._secrets)
        if way is None:
            return None
        try:
            dek = way(envelope)
        except WrongPassphraseError:
            if not has_terminal():
                raise
            return None
        self._way = way
        return dek

    def _by_keyring(self, envelope: Envelope) -> bytes | None:
        dek = _by_keyring(envelope)
        if dek is not None:
            self._way = by_keyring(Keychain())
        return dek

    def _by_prompt(self, envelope: Envelope) -> bytes:
        way = _typed(envelope)
        dek = way(envelope)
        self._way = way
        return dek


def _given(envelope: Envelope, secrets: Secrets) -> Unsealing | None:
    """Return what of the environment opens an envelope, and others with it too, if anything."""
    ways = envelope.slots()
    if secrets.recovery_code is not None and SlotKind.RECOVERY in ways:
        code = RecoveryCode.read(secrets.recovery_code)
        return lambda other: other.open_with_recovery(code)
    passphrase = secrets.passphrase
    if passphrase is not None and SlotKind.PASSPHRASE in ways:
        return lambda other: other.open_with_passphrase(passphrase)
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


def _typed(envelope: Envelope) -> Unsealing:
    """Ask for what opens an envelope, and return what opens others with it too."""
    if not has_terminal():
        raise InputError("input.no_passphrase", variable=PASSPHRASE)
    if SlotKind.PASSPHRASE in envelope.slots():
        by_code = SlotKind.RECOVERY in envelope.slots()
        typed = ask_secret(sentence("backup.passphrase_or" if by_code else "backup.passphrase"))
        if typed or not by_code:
            return lambda other: other.open_with_passphrase(typed)
    code = RecoveryCode.read(ask_secret(sentence("backup.recovery_code")))
    return lambda other: other.open_with_recovery(code)
