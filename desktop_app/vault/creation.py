"""Making a vault: whole under another name first, its own name by one rename.

The key goes into the keyring, and is read back, before that rename. So a crash on the way
leaves no vault, never one that nobody can open; what it leaves is cleared the next time.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from desktop_app.atomic_file import sync_folder
from desktop_app.paths import private_folder
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import write_envelope
from desktop_app.vault.errors import DiskFullError, KeyringError, VaultError, disk_error
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.lock import locked
from desktop_app.vault.migrations import migrate
from desktop_app.vault.passphrase import checked
from desktop_app.vault.sealing import new_key
from desktop_app.vault.sessions import Clock
from desktop_app.vault.set_aside import set_copies_aside
from desktop_app.vault.vault import Vault


def create(
    folder: Path,
    *,
    passphrase: str | None = None,
    keychain: Keychain | None = None,
    clock: Clock = time.time,
) -> Vault:
    """Make a vault in `folder`, opened by the passphrase, the keyring or either, and open it.

    Raises:
        VaultError: there is one already, the disk is full, the passphrase is too short, …
        KeyringError: the keyring does not keep the key; no vault was made.
        PathError: the folder above cannot be made or written to.
    """
    if passphrase is None and keychain is None:
        raise ValueError("a vault needs a way of opening it")
    private_folder(folder.parent)
    files = vault_in(folder)
    with ExitStack() as held:
        held.enter_context(locked(files))
        if files.exist():
            raise VaultError("vault.exists")
        dek, envelope = new_key(), Envelope()
        if passphrase is not None:
            envelope = envelope.with_passphrase(dek, checked(passphrase))
        if keychain is None:
            _write(files, envelope, dek)
        else:
            kek = new_key()
            envelope = envelope.with_keyring(dek, kek, keychain.name)
            keychain.store(envelope.vault, kek)
            try:
                _write(files, envelope, dek)
            except BaseException:
                with suppress(KeyringError):
                    keychain.delete(envelope.vault)
                raise
        return Vault(files, dek, held, clock, envelope)


def _write(files: VaultFiles, envelope: Envelope, dek: bytes) -> None:
    draft = files.being_created
    try:
        if files.folder.is_dir() and any(files.folder.iterdir()):  # an erase left it
            raise VaultError("vault.folder_taken", folder=files.folder)
        shutil.rmtree(draft.folder, ignore_errors=True)  # left by a crash
        draft.folder.mkdir(mode=0o700)
        write_envelope(draft.envelope, envelope)
        with Database(draft.history, dek, create=True) as database:
            migrate(database)
            database.check_encrypted()
        sync_folder(draft.folder)
        set_copies_aside(files)  # of a history that is gone: they may be all that is left of it
        draft.folder.rename(files.folder)
        sync_folder(files.folder.parent)
    except OSError as error:
        raise disk_error(error, files.envelope) from error
    except DiskFullError as error:  # it names the draft, which nobody would find again
        raise DiskFullError("vault.disk_full", folder=files.folder) from error
    finally:
        shutil.rmtree(draft.folder, ignore_errors=True)
