"""A fault of the system while a file is read: told by the file, and what is written stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convert.errors import ReadFaultError
from resources.system_errors import reason_of


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Translate what the system raises while the block reads `path`.

    Raises:
        ReadFaultError: it could not be read.
    """
    try:
        yield
    except OSError as error:
        raise ReadFaultError("file_unreadable", path=path, reason=reason_of(error)) from error
