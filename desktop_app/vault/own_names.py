"""Which files and folders a vault's folder holds by this program's hand, and which lie beside it.

Behind a link lies what somebody chose, perhaps a whole disk: of that only these are the program's.
Nor is what somebody put beside the copies or the sealed files.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

SCRATCH: Final = re.compile(r"\.(copying|restoring)(-[a-z0-9_]{8})?(\.lock)?")
"""See scratch.py; earlier versions had one of each kind."""
BESIDE: Final = re.compile(
    rf"|\.(backups|creating|arriving)|\.(backups|damaged)-[0-9]+|{SCRATCH.pattern}"
)
"""What the vault's own name is followed by, but for its lock's; see files.py."""
OF_A_VAULT: Final = re.compile(
    r"(?P<keys>(vault(\.next|\.other-[0-9]+)?|history\.damaged-[0-9-]+)\.json(\.part)?)"
    r"|history(\.(rescuing|reading|rescued|damaged-[0-9-]+))?\.db(-wal|-shm|-journal)?"
)
"""See files.py, and the names SQLite gives what lies beside a database."""
NUMBER: Final = "[0-9]{6,7}"
"""Of a copy. Seven, for one of six nines has a next one; eight would be the days of a person's."""
OF_COPIES: Final = re.compile(rf"({NUMBER}|before)(\.part|\.void|\.old)*")
"""See copies.py."""
OF_BLOBS: Final = re.compile(r"[0-9a-f]{32}(\.part)?")
"""See blobs.py."""
BLOBS: Final = "blobs"


def is_beside(vault: Path, path: Path) -> bool:
    """Tell whether a path next to a vault's folder has a name this program gives, or is the vault.

    What somebody else has there may begin with the same word: `vault.kdbx`, a backup they saved.
    """
    return _follows(vault, path, BESIDE)


def is_scratch(vault: Path, path: Path) -> bool:
    """Tell whether a path next to a vault's folder is where a backup is written or read."""
    return _follows(vault, path, SCRATCH)


def is_of_a_vault(path: Path) -> bool:
    """Tell whether a file in a vault's folder has a name this program gives."""
    return OF_A_VAULT.fullmatch(path.name) is not None


def files_of_one(vault: Path) -> list[Path]:
    """Return the program's files in the folder of one vault, or of one copy; links lead nowhere.

    Raises:
        OSError: a folder cannot be read.
    """
    blobs = vault / BLOBS
    return [*_named(vault, OF_A_VAULT), *(own_blobs(blobs) if is_folder(blobs) else ())]


def own_blobs(folder: Path) -> list[Path]:
    """Return the sealed files in their folder; none where there is no such folder.

    Raises:
        OSError: it cannot be read.
    """
    return _named(folder, OF_BLOBS) if folder.is_dir() else []


def own_copies(folder: Path) -> list[Path]:
    """Return the folders of copies in a folder, whole or not, by their names.

    Raises:
        OSError: it cannot be read.
    """
    return list(filter(is_folder, named_like_copies(folder)))


def named_like_copies(folder: Path) -> list[Path]:
    """Return what has the name of a copy in a folder, whatever it is.

    Raises:
        OSError: the folder cannot be read.
    """
    return [path for path in sorted(folder.iterdir()) if OF_COPIES.fullmatch(path.name)]


def own_envelopes(folder: Path, unread: list[OSError]) -> list[Path]:
    """Return the files of sealed keys among them; what stands in the way is put into `unread`."""
    found: list[Path] = []
    try:
        copies = named_like_copies(folder)
    except OSError as error:
        unread.append(error)
        return found
    for each in (folder, *copies):  # one that cannot be looked into hides none of the others
        try:
            if each is folder or is_folder(each):
                found += filter(is_envelope, _named(each, OF_A_VAULT))
        except OSError as error:
            unread.append(error)
    return found


def is_envelope(path: Path) -> bool:
    """Tell whether one of them holds sealed keys."""
    named = OF_A_VAULT.fullmatch(path.name)
    return named is not None and named["keys"] is not None


def free_numbered(path: Path, also_in: Path | None = None) -> Path:
    """Return the first of `<path>-1`, `<path>-2`, … that is not there, not even as a link.

    Nor has anything that name in the folder `also_in`, where one is given.
    """
    folders = [path.parent] if also_in is None else [path.parent, also_in]
    number = 1
    while any(os.path.lexists(folder / f"{path.name}-{number}") for folder in folders):
        number += 1
    return path.with_name(f"{path.name}-{number}")


def _follows(vault: Path, path: Path, names: re.Pattern[str]) -> bool:
    same = path.name.startswith(vault.name)
    return same and names.fullmatch(path.name, len(vault.name)) is not None


def _named(folder: Path, names: re.Pattern[str]) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if names.fullmatch(path.name) and not is_folder(path)
    ]


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder, and no link to one.

    Raises:
        OSError: nobody can tell. Path's own questions answer no then, from Python 3.14 on.
    """
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
