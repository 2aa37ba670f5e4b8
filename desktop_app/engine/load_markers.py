"""Safe mode: a model whose loading crashed is not loaded by itself at the next start.

While a model is loaded a file says so on the disk. It is removed when the model is in memory, was
refused in an orderly way, or was given up; what crashes, be it the child, the program or the whole
machine, leaves it there. It is empty and named after a hash of the model's path. A lock on it tells
a load in progress from one that crashed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from desktop_app.atomic_file import remove, write_atomically
from desktop_app.engine.causes import DiedError
from resources.file_lock import FileLock

SUFFIX: Final = ".loading"


class LoadMarkers:
    """The markers of one folder, and which of them were there when the program started."""

    def __init__(self, folder: Path) -> None:
        """Look what earlier starts left in `folder`, which need not exist."""
        self._folder = folder
        self._left = {file for file in folder.glob(f"*{SUFFIX}") if _is_left(file)}

    def crashed(self, model: Path) -> bool:
        """Tell whether loading `model` crashed before this program started, and since not again.

        What crashes now a person sees happen: what they do next is their wish.
        """
        return self._marker(model) in self._left

    def forgive(self, model: Path) -> None:
        """Take a person's word that `model` shall be loaded all the same."""
        self._left.discard(self._marker(model))

    @contextmanager
    def around_load(self, model: Path) -> Iterator[None]:
        """Mark that `model` is being loaded, for as long as the block lasts; after a crash longer.

        Where nothing can be written it goes unmarked.
        """
        marker = self._marker(model)
        lock, crashed = _marked(marker), False
        try:
            yield
        except DiedError as error:
            crashed = error.crashed
            raise
        finally:
            if lock is not None:
                lock.release()
                if not crashed:
                    with suppress(OSError):
                        remove(marker)

    def _marker(self, model: Path) -> Path:
        named = hashlib.sha256(os.fsencode(model.absolute())).hexdigest()[:16]
        return self._folder / f"{named}{SUFFIX}"


def _marked(marker: Path) -> FileLock | None:
    """Write a marker that outlives a power cut, and hold it; None where that cannot be."""
    try:
        marker.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not marker.exists():
            write_atomically(marker, b"")
        return FileLock(marker)
    except OSError:  # a disk that is full or read-only; or another program loads it too
        return None


def _is_left(marker: Path) -> bool:
    try:
        FileLock(marker).release()
    except OSError:
        return False
    return True
