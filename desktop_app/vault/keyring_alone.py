"""Copies beside the history that nothing but the keyring opens: its key may not go before they do.

A copy of the data key in force follows when the keyring's slot goes (copied_keys.py). One of an
earlier key does not, such as what was set aside before the key was changed: its envelope has the
ways of its day, and where that is the keyring alone, it would never open again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.vault.copied_keys import is_of
from desktop_app.vault.copies import require_readable
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import KeyringAbsentError, KeyringChangedError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.set_aside import copies_aside, envelopes_aside, histories_aside

if TYPE_CHECKING:  # a keyring's libraries are loaded by whoever has one
    from desktop_app.vault.keychain import Keychain


def require_other_ways(
    files: VaultFiles, dek: bytes, keychain: Keychain, beside: Sequence[Path] = ()
) -> None:
    """Ask before the keyring is given up whether that would lose a copy.

    `beside`: folders where copies of another key may lie, besides those that were set aside.

    Raises:
        VaultError: it would, or one of these or of what was set aside cannot be looked into.
        KeyringLockedError, KeyringUnavailableError: the keyring does not answer.
    """
    key = "vault.keyring_perhaps_needed"
    folders = (*copies_aside(files), *histories_aside(files), *beside)
    paths = [each for each in folders if _unread(each)]
    if not paths:
        key, paths = "vault.keyring_needed", _opened_by_it_alone(files, dek, keychain)
    if paths:
        raise VaultError(key, keyring=keychain.name, paths=", ".join(map(str, paths)))


def _unread(folder: Path) -> bool:
    try:
        require_readable(folder)
    except VaultError:
        return True
    return False


def _opened_by_it_alone(files: VaultFiles, dek: bytes, keychain: Keychain) -> list[Path]:
    """Return the copies that only the key kept for this vault opens, and that do not follow.

    The keyring is asked only where there may be some.

    Raises:
        DamagedEnvelopeError, NewerVaultError: the vault's own envelope cannot be used.
        KeyringLockedError, KeyringUnavailableError: the keyring does not answer.
    """
    vault = read_envelope(files.envelope).vault
    sealed = [
        (folder, envelope)
        for folder, envelope in _that_do_not_follow(files, dek)
        if envelope.vault == vault
        and envelope.slots() == {SlotKind.KEYRING}
        and envelope.kept_by() == keychain.name
    ]
    if not sealed:
        return []
    try:
        kek = keychain.read(vault)
    except (KeyringAbsentError, KeyringChangedError):  # then it opens nothing now
        return []
    return sorted({folder for folder, envelope in sealed if _opens(envelope, kek)})


def _that_do_not_follow(files: VaultFiles, dek: bytes) -> Iterator[tuple[Path, Envelope]]:
    """Give the folders of such copies with their envelopes; what is being changed to is one too."""
    for copy in kept_copies(files):
        follows = is_of(files, copy.files, dek)
        for path in (copy.files.next_envelope, *([] if follows else [copy.files.envelope])):
            try:
                yield copy.files.folder, read_envelope(path)
            except VaultError:  # there is none, or none that a key opens
                continue
    for folder in (files.folder, *histories_aside(files)):
        for path in envelopes_aside(VaultFiles(folder)):
            with suppress(VaultError):
                yield path, read_envelope(path)


def _opens(envelope: Envelope, kek: bytes) -> bool:
    try:
        envelope.open_with_keyring(kek)
    except KeyringChangedError:
        return False
    return True
