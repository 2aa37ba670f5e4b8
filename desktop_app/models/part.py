"""What has come of a model so far, under a name that says of which model and which file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from desktop_app.errors import DownloadError
from desktop_app.models.catalogue import Pin
from desktop_app.models.install import PARTS


def named_part(parts: Path, name: str, pin: Pin) -> Path:
    """Return the part file of a model: the same bytes from another mirror go on in it."""
    return parts / f"{name}.{pin.sha256}.part"


def remove_other_parts(parts: Path, name: str, pin: Pin | None = None) -> None:
    """Remove what came of other versions of a model; of all, where `pin` is None."""
    kept = None if pin is None else named_part(parts, name, pin)
    for each in parts.glob("*.part"):
        if each != kept and each.name.rsplit(".", 2)[0] == name:
            with suppress(OSError):
                each.unlink()


def taken_up_again(part: Path, unnamed: Path) -> None:
    """Make what a kill left between its check and its name the part again."""
    if not part.exists() and unnamed.exists():
        unnamed.replace(part)


def bytes_here(installed: Path, name: str) -> int:
    """Return how many bytes of a model have come and wait for the rest."""
    found = 0
    for each in (installed / PARTS).glob("*.part"):
        if each.name.rsplit(".", 2)[0] == name:
            with suppress(OSError):
                found = max(found, each.stat().st_size)
    return found


class PartFile:
    """A part file as the library writes it: no longer than it may be, its progress told."""

    def __init__(self, file: BinaryIO, most: int, progress: Callable[[int, int], None]) -> None:
        """`most` is the size of the whole, in bytes; `progress` gets the bytes there, and that."""
        self._file = file
        self._most = most
        self._progress = progress
        self.seek, self.tell, self.truncate = file.seek, file.tell, file.truncate

    def write(self, data: bytes) -> int:
        """Write on.

        Raises:
            DownloadError: more comes than the file has.
        """
        if self._file.tell() + len(data) > self._most:
            raise DownloadError("download.wrong_file")
        written = self._file.write(data)
        self._progress(self._file.tell(), self._most)
        return written
