"""What was unpacked of a backup or a copy, made readable: one of a damaged history is rescued.

It lies in a folder of its own and is nobody's but ours. So the rescue works on that, and what was
unpacked stays as it was, wherever it lies.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedHistoryError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.migrations import migrate
from desktop_app.vault.rescue import log_of, rescue


@dataclass(frozen=True, slots=True)
class ReadableCopy:
    """A database of the newest schema, whole."""

    database: Database
    rescued: bool = False
    """The copy is damaged, and this is what can be read of it."""


def readable_copy(files: VaultFiles, dek: bytes) -> ReadableCopy:
    """Open what was unpacked; where it is damaged, what can be read of it.

    Raises:
        DamagedHistoryError: nothing can be read, or with this key; it stands as it was.
        VaultError: the disk is full, a later version wrote it, …
    """
    with suppress(DamagedHistoryError):
        return ReadableCopy(_opened(files, dek))
    aside = rescue(files, dek).aside
    for path in (aside, log_of(aside)):
        path.unlink(missing_ok=True)
    return ReadableCopy(_opened(files, dek), rescued=True)


def _opened(files: VaultFiles, dek: bytes) -> Database:
    database = Database(files.history, dek)
    try:
        database.check_whole()
        migrate(database)
    except BaseException:
        database.close()
        raise
    return database
