"""Where the copies that backups.py makes lie, and what a crash leaves beside them.

    data/vault.backups/<number>/         a copy, a whole vault
    data/vault.backups/<number>.part/    one being made
    data/vault.backups/before/           one from before the last restore or import
    data/vault.backups/before.old/       the one before that, until the new one has its name
    data/vault.backups/<…>.void/         one of these, to go as soon as a new copy is there
    data/vault.backups-<number>/         those of another history, see set_aside.py

The order is that of the numbers, whatever the clock does.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from desktop_app.vault.files import VaultFiles
from desktop_app.vault.scratch import clear_scratch

BEFORE: Final = "before"
VOID: Final = ".void"


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
    """Return the copy from before a restore or an import, and one that is void, if any."""
    copies = (VaultFiles(folder / BEFORE), VaultFiles(folder / f"{BEFORE}{VOID}"))
    return tuple(found for copy in copies if (found := _found(copy)) is not None)


def number_of(path: Path) -> int:
    """Return the number a copy is named by, void or not; 0 where it is none."""
    name = path.name.removesuffix(VOID)
    return int(name) if name.isascii() and name.isdigit() else 0


def clear_leftovers(files: VaultFiles) -> None:
    """Remove what a crash left of a copy or of a backup being written or read: old keys are in it.

    Whoever calls this holds the vault's lock.
    """
    safe = files.backups / BEFORE
    older = safe.with_name(f"{BEFORE}.old")
    if older.exists() and not safe.exists():
        with suppress(OSError):
            older.rename(safe)
    clear_scratch(files)
    for path in (*files.backups.glob("*.part"), older):
        shutil.rmtree(path, ignore_errors=True)


def _found(copy: VaultFiles) -> Copy | None:
    with suppress(OSError):
        if copy.envelope.is_file() and copy.history.is_file():
            return Copy(copy, datetime.fromtimestamp(copy.history.stat().st_mtime, UTC))
    return None
