"""A ZIP archive that anybody may have written, and any disk have damaged.

`zipfile` believes the numbers it reads, and hands on what the system, `struct` or a decompressor
makes of them. All of that is one thing here: no archive that can be read.
"""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

DAMAGED: Final = (
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    MemoryError,  # it claims to be larger than any memory
    RuntimeError,  # it is encrypted; or packed in a way that is not known: NotImplementedError
    OverflowError,
    ValueError,
    TypeError,
    LookupError,
)
NO_DISK: Final = frozenset({None, errno.EINVAL})
"""What an OSError has that no disk is to blame for: bz2 knows no number, and a place before the
beginning of the file is an argument that is not valid."""


@contextmanager
def archive_at(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the archive at `path` to read.

    Raises:
        zipfile.BadZipFile: it is none, damaged or encrypted, also where that shows in the block.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, _damage_as_one(), zipfile.ZipFile(file) as archive:
        yield archive


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
    """Return a member's content, never more than it says; None where it is damaged or encrypted.

    Raises:
        OSError: the disk does not give it.
    """
    with suppress(zipfile.BadZipFile), _damage_as_one():
        return archive.read(info)
    return None


@contextmanager
def _damage_as_one() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_DISK:
            raise
        raise zipfile.BadZipFile(type(error).__name__) from error
    except DAMAGED as error:
        raise zipfile.BadZipFile(type(error).__name__) from error
