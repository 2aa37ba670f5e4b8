"""Private folders beside the vault's, for what lies there while a backup is written or read.

    data/vault.copying-<…>/    data/vault.restoring-<…>/

Each has a folder of its own: one that nobody waits for any more may still be at work, beside the
next. What a kill leaves is removed by the next who holds the vault's lock.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from desktop_app.vault.files import VaultFiles

COPYING: Final = "copying"
RESTORING: Final = "restoring"

_in_use: set[Path] = set()
_turn = threading.Lock()


@contextmanager
def scratch(beside: Path, kind: str) -> Iterator[VaultFiles]:
    """Give an empty folder next to the vault's folder `beside`, and remove it.

    Raises:
        OSError: it cannot be made.
    """
    with _turn:
        folder = Path(tempfile.mkdtemp(prefix=f"{beside.name}.{kind}-", dir=beside.parent))
        _in_use.add(folder)
    try:
        yield VaultFiles(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with _turn:
            _in_use.discard(folder)


def clear_scratch(files: VaultFiles) -> None:
    """Remove what a kill left: of another process, so the caller holds the vault's lock."""
    names = [f"{files.folder.name}.{kind}" for kind in (COPYING, RESTORING)]
    with _turn, suppress(OSError):
        for path in files.folder.parent.iterdir():
            own = any(path.name.startswith(f"{name}-") for name in names)
            earlier = path.name in names  # as earlier versions called it
            if (own or earlier) and path not in _in_use:
                shutil.rmtree(path, ignore_errors=True)
