"""Writing a file whole or not at all, its owner's alone; over one that is there only if told to.

It may be plain text, so nothing of it is to be left behind, whatever ends the program. Where the
system can (Linux, on disks that are not sticks), the file has no name until it is whole, and is
gone with whoever writes it, killed or not. Elsewhere it has another name until then, which is
taken away when the program ends, even if a slow disk keeps a thread busy with it; after a kill, by
the next who writes a file of that name there. One that replaces another has such a name everywhere,
whole, for a moment.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from desktop_app.atomic_file import sync_file, sync_folder

BINARY: Final[int] = getattr(os, "O_BINARY", 0)
NAMELESS: Final[int] = getattr(os, "O_TMPFILE", 0)
"""0 where the system knows no files without a name."""


@contextmanager
def new_file(
    path: Path, last: Callable[[], None] = lambda: None, *, replaces: bool = False
) -> Iterator[BinaryIO]:
    """Give a file to write, which is there as `path` when the block has ended, and not before.

    Nothing that is there is touched: not a file of that name, made meanwhile or before, nor any
    other file of the person's. After an error or a crash there is no file of that name; but where
    the disk knows no links, a kill between the last two steps leaves an empty one. `last` is called
    when all of it is on the disk, before it is named; what that raises is such an error.

    `replaces`: a file of that name is replaced, since the person said so, and stands after an error
    or a crash.

    Raises:
        FileExistsError: there is a file of that name, and it is not to be replaced.
        OSError: the disk is full, the folder cannot be written to, …
    """
    if path.exists() and not replaces:  # known before the work is done, and seen again at its end
        raise FileExistsError(path)
    part = _part_of(path)
    part.unlink(missing_ok=True)  # left by a crash
    nameless = _nameless(path.parent)
    with _named(part) if nameless is None else os.fdopen(nameless, "w+b") as file:
        yield file
        file.flush()
        sync_file(file.fileno())
        last()
        if nameless is None:
            file.close()  # Windows renames nothing that is open
        if replaces:
            _replace(file, part, path, named=nameless is None)
        elif nameless is None:
            _rename(part, path)
        else:
            _give_name(file, path)
        sync_folder(path.parent)


def _part_of(path: Path) -> Path:
    """Return a name that nobody gives to a file of their own, and the same the next time."""
    named = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return path.with_name(f".{named}.soulchat-part")


def _nameless(folder: Path) -> int | None:
    """Open a file without a name; None where that cannot be, or the folder cannot be written to."""
    if NAMELESS:
        with suppress(OSError):
            return os.open(folder, os.O_RDWR | NAMELESS, 0o600)
    return None


@contextmanager
def _named(part: Path) -> Iterator[BinaryIO]:
    """Give a file that is gone when the block has ended, or the program, whichever comes first."""
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | BINARY, 0o600)

    def remove() -> None:
        with suppress(OSError):  # the first error is the one to tell
            part.unlink(missing_ok=True)

    atexit.register(remove)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
    finally:
        remove()
        atexit.unregister(remove)


def _give_name(file: BinaryIO, path: Path) -> None:
    """Give a file without a name its own; where that is refused, write it again under a name."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Given a folder, `os.link` follows the link that leads to an open file: open(2), O_TMPFILE.
        os.link(f"/proc/self/fd/{file.fileno()}", path, src_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        raise
    except OSError:
        part = _part_of(path)
        with _named(part) as again:
            file.seek(0)
            shutil.copyfileobj(file, again)
            again.flush()
            sync_file(again.fileno())
            _rename(part, path)
    finally:
        os.close(folder)


def _replace(file: BinaryIO, part: Path, path: Path, *, named: bool) -> None:
    """Put a file in the place of `path`: no system gives a name that something has to a link.

    So what replaces a file has another name for a moment; what replaces nothing need not.
    """
    try:
        if not named:
            with suppress(FileExistsError):
                _give_name(file, path)
                return
            _give_name(file, part)
        part.replace(path)
    except OSError:
        with suppress(OSError):  # the first error is the one to tell
            part.unlink(missing_ok=True)
        raise


def _rename(part: Path, path: Path) -> None:
    """Give `part` the name `path`, unless something has it: renaming would take its place.

    Where that takes two steps, a kill between them leaves an empty file, and `part` beside it.
    """
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # sticks and some network drives know no links: hold the name, then take it
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            part.replace(path)
        except OSError:
            path.unlink()
            raise
