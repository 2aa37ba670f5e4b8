"""Writing a file whole or not at all, and naming a file by its content."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from finetune.errors import TrainingError


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary neighbour of `path` that takes its name when the block ends well.

    Raises:
        TrainingError: no space left or the folder cannot be written; `path` is untouched.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise disk_error(error, path) from error
    finally:
        part.unlink(missing_ok=True)


def disk_error(error: OSError, path: Path) -> TrainingError:
    """Turn an operating system error while writing `path` into one sentence."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return TrainingError("training.disk_full", path=path)
    return TrainingError("training.cannot_write", path=path, reason=os.strerror(error.errno or 0))


def sha256(*paths: Path) -> str:
    """Return the SHA-256 of the files' bytes one after another, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
