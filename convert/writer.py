"""The output: claimed at full size, filled in place, renamed with its card when it is proven.

Both are `NAME.part` until then; on any failure the parts are removed and what stood there
before stays as it was.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from convert.errors import OutputError
from convert.plan import Plan


@contextmanager
def part_file(plan: Plan) -> Iterator[Path]:
    """Yield the path of the part: header written, space for every tensor claimed.

    Leaving removes it; `commit` gives it its name before.

    Raises:
        OutputError: not enough space, or no permission.
    """
    part = _part_of(plan.out)
    try:
        with output_errors(part, plan.size), part.open("wb") as file:
            file.write(plan.header)
            file.flush()
            _claim(file.fileno(), plan.size)
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def card_part(plan: Plan, card: dict[str, Any]) -> Iterator[Path]:
    """Yield the path of the written `model.json`, not yet under its name; as `part_file`."""
    text = json.dumps(card, ensure_ascii=False, indent=2).encode() + b"\n"
    part = _part_of(plan.card_file)
    try:
        with output_errors(part, len(text)):
            part.write_bytes(text)
        yield part
    finally:
        part.unlink(missing_ok=True)


def commit(*parts: tuple[Path, Path]) -> None:
    """Make every part durable, then give each its final name (part, name) in that order."""
    for part, out in parts:
        with output_errors(out, part.stat().st_size), part.open("rb+") as file:
            os.fsync(file.fileno())
    for part, out in parts:
        with output_errors(out, part.stat().st_size):
            part.replace(out)


@contextmanager
def output_errors(path: Path, needed: int) -> Iterator[None]:
    """Turn what the system says about writing `path` into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(path.absolute().parent).free
            raise OutputError("disk_full", path=path.parent, needed=needed, free=free) from error
        raise OutputError("out_unwritable", path=path, reason=error.strerror) from error


def _part_of(out: Path) -> Path:
    return out.with_name(out.name + ".part")


def _claim(descriptor: int, size: int) -> None:
    """Reserve the space now, so that a full disk is known before the long work."""
    os.ftruncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
