"""Reads and writes at an offset, from several threads at once.

`pread`/`pwrite` keep memory flat where a memory map would count as resident; Windows has
neither, so there a lock and a seek take their place.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Self

_BINARY = getattr(os, "O_BINARY", 0)


class PositionedFile:
    """One open file, addressed by byte offset.

    Args:
        path: an existing file.
        writable: open for reading and writing instead of reading only.
    """

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        self._fd = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | _BINARY)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call would be a bug and raises OSError."""
        os.close(self._fd)

    def read_at(self, offset: int, count: int) -> bytearray:
        """Return up to `count` bytes from `offset`; fewer only at the end of the file."""
        data = bytearray(count)
        view, done = memoryview(data), 0
        while done < count:
            got = self._read_into(offset + done, view[done:])
            if got == 0:
                break
            done += got
        view.release()
        del data[done:]
        return data

    def write_at(self, offset: int, data: memoryview) -> None:
        """Write all of `data` at `offset`.

        Raises:
            OSError: as the system says, ENOSPC when the disk is full.
        """
        done = 0
        while done < len(data):
            done += self._write(offset + done, data[done:])

    def _read_into(self, offset: int, view: memoryview) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._fd, [view], offset)
        with self._lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            piece = os.read(self._fd, len(view))
        view[: len(piece)] = piece
        return len(piece)

    def _write(self, offset: int, view: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._fd, view, offset)
        with self._lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.write(self._fd, view)
