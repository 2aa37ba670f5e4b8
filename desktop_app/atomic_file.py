"""Replacing a private file whole or not at all, readable for its owner alone.

The mode is set before the first byte is written, the bytes reach the disk before the name
does, and the name before the call returns (the order of Electrum's `storage.py`).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

if sys.platform != "win32":
    import fcntl

FULL_SYNC: Final[int] = 0 if sys.platform == "win32" else getattr(fcntl, "F_FULLFSYNC", 0)
"""macOS alone has it: there `fsync` leaves what was written in the memory of the disk itself, which
a power cut empties."""


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; after an error or a crash the old file stands.

    Raises:
        OSError: the disk is full, the folder cannot be written to, …
    """
    part = part_of(path)
    try:
        part.unlink(missing_ok=True)  # left by a crash
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            sync_file(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):  # the first error is the one to tell
            part.unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove `path`, and what a crash left of writing it; on the disk when this returns.

    Raises:
        OSError: it cannot be removed.
    """
    for each in (part_of(path), path):
        each.unlink(missing_ok=True)
    if path.parent.exists():
        sync_folder(path.parent)


def part_of(path: Path) -> Path:
    """Return the name a file has while it is being written."""
    return path.with_name(f"{path.name}.part")


def sync_file(handle: int) -> None:
    """Bring what was written through `handle` to the disk, so that it outlives a power cut.

    Raises:
        OSError: the disk is full, fails, …
    """
    if sys.platform != "win32" and FULL_SYNC:
        with suppress(OSError):  # a network drive may not know it
            fcntl.fcntl(handle, FULL_SYNC)
            return
    os.fsync(handle)


def make_folder(folder: Path) -> None:
    """Make a folder, its owner's alone, unless it is there; its name outlives a power cut.

    Raises:
        OSError: the folder above cannot be written to, or there is a file of that name, …
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` outlive a power cut, where the system can."""
    if os.name == "nt":  # NTFS journals names; a folder cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync_file(handle)
    finally:
        os.close(handle)
