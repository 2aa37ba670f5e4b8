"""Writing files whole or not at all, and naming a file by its content."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from finetune.errors import TrainingError
from resources.system_errors import reason_of

_NO_SPACE: Final = {errno.ENOSPC, errno.EDQUOT}


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
        _forget(part)


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """Give an empty folder whose files move into `folder` together when the block ends well.

    Raises:
        TrainingError: no space left or the folder cannot be written; `folder` is untouched.
    """
    part = folder / "saving.part"
    try:
        _forget(part)
        part.mkdir(parents=True)
        yield part
        for path in sorted(part.iterdir()):
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for path in sorted(part.iterdir()):
            path.replace(folder / path.name)
    except OSError as error:
        raise disk_error(error, folder) from error
    except Exception as error:
        # safetensors (Rust) has an exception of its own that carries the system's number as text.
        if "(os error 28)" in str(error):
            raise TrainingError("training.disk_full", path=folder) from error
        raise
    finally:
        _forget(part)


def _forget(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        try:
            part.unlink(missing_ok=True)
        except OSError:  # its folder is a file, or may not be written: there is no part either
            return


def disk_error(error: OSError, path: Path) -> TrainingError:
    """Turn an operating system error while writing `path` into one sentence."""
    if error.errno in _NO_SPACE:
        return TrainingError("training.disk_full", path=path)
    return TrainingError("training.cannot_write", path=path, reason=reason_of(error))


def sha256(*paths: Path) -> str:
    """Return the SHA-256 of the files' bytes one after another, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
