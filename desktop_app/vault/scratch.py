"""Private folders beside the vault's, for what lies there while a backup is written or read.

    data/vault.copying-<…>/    data/vault.restoring-<…>/    and beside each its lock, <…>.lock

Each has a folder of its own: one that nobody waits for any more may still be at work, beside the
next, and so may another process, which looks into a backup where no history is open. What a kill
leaves is removed by the next who holds the vault's lock: the system let go of the folder's own.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_names import is_scratch
from resources.file_lock import FileLock

COPYING: Final = "copying"
RESTORING: Final = "restoring"
LOCK: Final = ".lock"


@contextmanager
def scratch(beside: Path, kind: str) -> Iterator[VaultFiles]:
    """Give an empty folder next to the vault's folder `beside`, and remove it.

    Raises:
        OSError: it cannot be made.
    """
    folder, lock = _made(f"{beside.name}.{kind}-", beside.parent)
    try:
        yield VaultFiles(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _let_go(folder, lock)


def clear_scratch(files: VaultFiles) -> None:
    """Remove what a kill left, and nothing that is in use; the caller holds the vault's lock."""
    with suppress(OSError):
        beside = list(files.folder.parent.iterdir())
        for path in (path for path in beside if is_scratch(files.folder, path)):
            _clear(path.with_name(path.name.removesuffix(LOCK)))


def _made(prefix: str, parent: Path) -> tuple[Path, FileLock]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            lock = FileLock(_lock_of(folder))
        except BlockingIOError:  # who clears just now takes it for left behind, and removes it
            continue
        except OSError:
            folder.rmdir()
            raise
        if lock.is_of(_lock_of(folder)) and folder.exists():
            return folder, lock
        _let_go(folder, lock)  # it was removed before it was locked


def _clear(folder: Path) -> None:
    with suppress(OSError):  # above all BlockingIOError: somebody is at work in it
        lock = FileLock(_lock_of(folder))
        shutil.rmtree(folder, ignore_errors=True)
        _let_go(folder, lock)


def _let_go(folder: Path, lock: FileLock) -> None:
    lock.release()  # first: Windows removes nothing that is open
    with suppress(OSError):
        _lock_of(folder).unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{LOCK}")
