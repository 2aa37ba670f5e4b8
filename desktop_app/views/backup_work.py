"""What the threads of the backup section and of the trash do with an open history.

They load its libraries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from desktop_app.vault.envelope import Envelope
    from desktop_app.vault.import_file import FileRead
    from desktop_app.vault.interruptible import Interruptible
    from desktop_app.vault.kept_copies import KeptCopy
    from desktop_app.vault.merge import Gain
    from desktop_app.vault.restore import Became, Preview
    from desktop_app.vault.rotation import Unsealing
    from desktop_app.vault.vault import Vault


NEEDS_SECRET: Final = (
    "backup.secret_wanted",
    "vault.wrong_passphrase",
    "vault.wrong_recovery",
    "vault.recovery_slip",
    "vault.recovery_length",
)
"""The errors that typing mends."""
OPENS_HERE: Final = "backup.opens_here"
"""The error that sends a person back to the history that is here."""


def back_up(vault: Vault, path: Path) -> None:
    """Write a backup; see vault/backup_file.py."""
    from desktop_app.vault.backup_file import write_backup

    write_backup(vault, path)


def preview(vault: Vault, path: Path, secret: str) -> Preview:
    """Return what a backup would add; `secret` is a passphrase or a recovery code."""
    from desktop_app.vault.restore import opened_backup

    with opened_backup(path, vault.files.folder, _by(secret), lambda: vault.keys.dek) as backup:
        return backup.preview(vault)


def restore(vault: Vault, path: Path, secret: str) -> Gain:
    """Add what a backup holds and the history lacks; a lock, also while it is unpacked, ends it."""
    from desktop_app.vault.interruptible import Work
    from desktop_app.vault.restore import opened_backup

    with (
        vault.database.at(Work.BRINGING_IN),
        opened_backup(
            path,
            vault.files.folder,
            _by(secret),
            lambda: vault.keys.dek,
            vault.database.check_given_up,
        ) as backup,
    ):
        vault.database.check_given_up()
        return backup.merge_into(vault)


def kept(folder: Path) -> Sequence[KeptCopy]:
    """Return the copies beside the history in `folder`."""
    from desktop_app.vault.files import VaultFiles
    from desktop_app.vault.kept_copies import kept_copies

    return kept_copies(VaultFiles(folder))


def aside(vault: Vault) -> list[datetime]:
    """Return when the damaged histories that were set aside were last written to."""
    from desktop_app.vault.set_aside import set_aside

    return [each.made for each in set_aside(vault.files)]


def aside_sizes(vault: Vault) -> list[int]:
    """Return how many bytes each of them takes."""
    from desktop_app.vault.set_aside import set_aside

    return [each.size for each in set_aside(vault.files)]


def remove_aside(vault: Vault) -> None:
    """Remove them."""
    from desktop_app.vault.set_aside import remove_set_aside

    remove_set_aside(vault.files)


def purge(vault: Vault, session: str) -> None:
    """Remove a conversation for good. A lock has it done in haste, or else says that it was not."""
    from desktop_app.vault.interruptible import Work

    with vault.database.at(Work.PURGING):
        vault.sessions.purge(session, check=vault.database.check_given_up_at_last)


def check_purged(vault: Vault) -> None:
    """Ask of a history about to be closed whether what was being removed is, or surely will be.

    Raises:
        VaultError: it is not done; said to whoever would close the window then.
    """
    from desktop_app.vault.errors import VaultError
    from desktop_app.vault.interruptible import Work

    if Work.PURGING in vault.database.broke_off:
        raise VaultError("vault.not_purged_yet")


def look(folder: Path, path: Path, secret: str) -> Preview:
    """Return what a backup holds, where the history in `folder` does not open.

    Raises:
        BackupError: what opens the backup opens that history too: something was mistyped before.
        VaultError: see `opened_backup`.
    """
    from desktop_app.vault.errors import BackupError
    from desktop_app.vault.keychain import Keychain
    from desktop_app.vault.restore import opened_backup
    from desktop_app.vault.vault import by_keyring, opens

    with opened_backup(path, folder, _by(secret)) as backup:
        preview = backup.preview()
    if opens(folder, _by(secret) if secret else by_keyring(Keychain())):
        raise BackupError(OPENS_HERE)
    return preview


def become(folder: Path, path: Path, secret: str, closing: Interruptible) -> Became:
    """Make a backup the history in `folder`; see vault/restore.py."""
    from desktop_app.vault import restore

    return restore.become(path, folder, _by(secret), closing)


def export(vault: Vault, path: Path, form: str, chosen: Sequence[str]) -> int:
    """Write the chosen conversations in `form`, a `Form` or "pdf"; return how many there were.

    A lock ends it: no plain text is laid out, and no file named, behind a locked window.
    """
    from desktop_app.vault.carried import CarriedSession, carried_session
    from desktop_app.vault.export import Form, exported, write_export
    from desktop_app.vault.interruptible import Work
    from desktop_app.views.export_pdf import pdf

    count = 0

    def sessions() -> Iterator[CarriedSession]:
        nonlocal count
        for each in chosen:
            vault.database.check_given_up()
            session = carried_session(vault.database, each)
            if session is not None:
                count += 1
                yield session

    database = vault.database
    check = database.check_given_up
    with database.at(Work.WRITING_OUT):
        found = sessions()
        content = pdf(found, check) if form == "pdf" else exported(found, Form(form)).encode()
        check()
        write_export(path, content, check, database.check_given_up_at_last)
    return count


def take_in(vault: Vault, path: Path) -> tuple[Gain, FileRead]:
    """Add the conversations of a file, after a copy; return what that added, and what it held.

    A lock ends it, also while the file is read.
    """
    from desktop_app.vault.bringing_in import bring_in
    from desktop_app.vault.import_file import read_conversations
    from desktop_app.vault.interruptible import Work

    with vault.database.at(Work.BRINGING_IN):
        found = read_conversations(path)
        vault.database.check_given_up()
        return bring_in(vault, found), found


def _by(secret: str) -> Unsealing:
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.errors import RecoveryCodeSlipError, WrongPassphraseError
    from desktop_app.vault.recovery_code import RecoveryCode

    def unsealed(envelope: Envelope) -> bytes:
        if not secret:
            return _by_keyring(envelope)
        if SlotKind.RECOVERY in envelope.slots():
            try:
                return envelope.open_with_recovery(RecoveryCode.read(secret))
            except RecoveryCodeSlipError:
                if SlotKind.PASSPHRASE not in envelope.slots():
                    raise
        if SlotKind.PASSPHRASE not in envelope.slots():
            raise WrongPassphraseError("vault.wrong_passphrase")
        return envelope.open_with_passphrase(secret)

    return unsealed


def _by_keyring(envelope: Envelope) -> bytes:
    """Open a copy this computer made for itself, which asks for nothing."""
    from desktop_app.vault.envelope import SlotKind
    from desktop_app.vault.errors import BackupError, KeyringError
    from desktop_app.vault.keychain import Keychain

    if SlotKind.KEYRING in envelope.slots():
        try:
            return envelope.open_with_keyring(Keychain().read(envelope.vault))
        except KeyringError:
            if envelope.slots() == {SlotKind.KEYRING}:
                raise
    raise BackupError("backup.secret_wanted")
