"""Replacing a private file whole or not at all, readable for its owner alone.

The mode is set before the first byte is written, the bytes reach the disk before the name
does, and the name before the call returns (the order of Electrum's `storage.py`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


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
            os.fsync(file.fileno())
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


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` outlive a power cut, where the system can."""
    if os.name == "nt":  # NTFS journals names; a folder cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
