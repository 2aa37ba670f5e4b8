"""A backup that is about to be the history: its folder waits under a name of its own.

    vault.restoring-<…> → vault.arriving → vault      (what stood there → vault.damaged-1,
                                                       its copies → vault.backups-1)

Several renames are not one: a kill between them leaves no vault, but one that is whole and waits.
Who asks whether there is a history asks here, so that nobody is offered a new one in its place.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from desktop_app.atomic_file import sync_folder
from desktop_app.vault.crash_points import crash_point
from desktop_app.vault.errors import BusyVaultError, disk_error
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.set_aside import set_copies_aside


def vault_in(folder: Path) -> VaultFiles:
    """Return the vault's files, having ended a restore that a crash cut short.

    Raises:
        VaultError: the folder may not be looked into or written to.
    """
    files = VaultFiles(folder)
    try:
        if files.arriving.folder.exists() and not folder.exists():
            with suppress(BusyVaultError), locked(files):  # busy: it is being ended just now
                arrive(files)
    except OSError as error:
        raise disk_error(error, files.envelope) from error
    return files


def clear_arrival(files: VaultFiles) -> None:
    """Remove a backup that waits beside a history: a kill came before that was moved aside.

    Nobody takes it up any more, and no purge or change of keys would reach it. Whoever calls this
    holds the vault's lock.
    """
    if files.folder.exists():
        shutil.rmtree(files.arriving.folder, ignore_errors=True)


def arrive(files: VaultFiles) -> None:
    """Give what waits the vault's name; the caller has the lock, and there is no vault.

    The copies that lie there are of another history, or of turns this one lacks.

    Raises:
        OSError: it still waits.
    """
    set_copies_aside(files)
    crash_point("arrival.copies_aside")
    files.arriving.folder.rename(files.folder)
    sync_folder(files.folder.parent)
