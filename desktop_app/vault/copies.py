"""Where the copies that backups.py makes lie, and what a crash leaves beside them.

    data/vault.backups/<number>/         a copy, a whole vault
    data/vault.backups/<number>.part/    one being made
    data/vault.backups/before/           one from before the last restore or import
    data/vault.backups/before.old/       the one before that, until the new one has its name
    data/vault.backups/<…>.void/         one of these, to go as soon as a new copy is there
    data/vault.backups-<number>/         those of another history, see set_aside.py

The order is that of the numbers, whatever the clock does. Whatever else lies there is somebody
else's, also in a folder of such a name, and stays when a copy goes.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_names import BLOBS, NUMBER, files_of_one, is_folder, own_copies
from desktop_app.vault.scratch import clear_scratch
from resources.system_errors import reason_of

BEFORE: Final = "before"
VOID: Final = ".void"
PART: Final = ".part"
OLD: Final = ".old"
NUMBERED: Final = re.compile(rf"(?P<number>{NUMBER})({re.escape(VOID)})*")


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy, whole."""

    files: VaultFiles
    made: datetime


def copies_in(folder: Path) -> tuple[Copy, ...]:
    """Return the whole copies in a folder of copies, the oldest first."""
    paths: list[Path] = []
    with suppress(OSError):
        paths = sorted(filter(number_of, folder.iterdir()), key=number_of)
    return tuple(found for path in paths if (found := _found(VaultFiles(path))) is not None)


def safety_copies_in(folder: Path) -> tuple[Copy, ...]:
    """Return the copy from before a restore or an import, and those that are void, if any."""
    named = [path for path in folders_in(folder) if path.name.startswith(BEFORE)]
    copies = [VaultFiles(path) for path in named if path.suffix in {"", VOID}]
    return tuple(found for copy in copies if (found := _found(copy)) is not None)


def number_of(path: Path) -> int:
    """Return the number a copy is named by, void or not; 0 where it is none."""
    numbered = NUMBERED.fullmatch(path.name)
    return int(numbered["number"]) if numbered is not None else 0


def folders_in(folder: Path) -> list[Path]:
    """Return the folders that this program named in a folder of copies, whole copies or not."""
    with suppress(OSError):
        return own_copies(folder)
    return []


def is_left(copy: Path) -> bool:
    """Tell whether the folder of a copy holds something of the copy, or nothing at all."""
    with suppress(OSError):
        return bool(files_of_one(copy)) or not any(copy.iterdir())
    return False


def require_readable(folder: Path) -> None:
    """Ask whether every copy in a folder of copies can be looked into; there may be no such folder.

    Raises:
        VaultError: one cannot be: it would keep what is purged, and the key that is changed.
    """
    try:
        if folder.is_symlink() and _is_away(folder):
            raise VaultError("vault.copies_away", path=folder)
        copies: list[Path] = []
        with suppress(FileNotFoundError, NotADirectoryError):  # there are none
            copies = own_copies(folder)
        for copy in copies:
            with suppress(FileNotFoundError):  # it has gone meanwhile
                for path in files_of_one(copy):
                    with path.open("rb") as file:
                        file.read(1)
    except OSError as error:
        path, reason = error.filename or folder, reason_of(error)
        raise VaultError("vault.copy_unread", path=path, reason=reason) from error


def _is_away(link: Path) -> bool:
    try:
        link.stat()
    except FileNotFoundError:
        return True
    except OSError:  # which reading it meets again
        return False
    return False


def remove_copy(folder: Path) -> None:
    """Remove what there is of a copy, and its folder where nothing else lies in it.

    What cannot be removed waits for the next time. A link is somebody's, and where it leads, too.
    """
    if folder.is_symlink():
        return
    with suppress(OSError):
        for path in files_of_one(folder):
            with suppress(OSError):
                path.unlink()
    for each in (folder / BLOBS, folder):
        with suppress(OSError):  # something else is in it, or there is none
            each.rmdir()


def free_name(folder: Path) -> Path:
    """Return the name for the folder of a copy, what a crash left there removed.

    Where that leaves what is somebody else's, the next such name: it is one of a copy all the same.
    """
    remove_copy(folder)
    while folder.is_dir():
        folder = folder.with_name(f"{folder.name}{folder.suffix}")
        remove_copy(folder)
    return folder


def clear_leftovers(files: VaultFiles) -> None:
    """Remove what a crash left of a copy or of a backup being written or read: old keys are in it.

    Whoever calls this holds the vault's lock.
    """
    safe = files.backups / BEFORE
    for older in folders_in(files.backups):
        if older.suffix == OLD and _found(VaultFiles(older)) and not safe.exists():
            with suppress(OSError):
                older.rename(safe)
    clear_scratch(files)
    for path in folders_in(files.backups):
        if path.suffix in {PART, OLD}:
            remove_copy(path)


def _found(copy: VaultFiles) -> Copy | None:
    with suppress(OSError):  # a link is somebody's, and where it leads, too
        if is_folder(copy.folder) and copy.envelope.is_file() and copy.history.is_file():
            return Copy(copy, datetime.fromtimestamp(copy.history.stat().st_mtime, UTC))
    return None
