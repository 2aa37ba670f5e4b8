"""The output file: claimed at full size, filled in place, renamed when it is proven.

It is `NAME.part` until then; on any failure the part is removed and an older `NAME` stays as
it was.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convert.errors import OutputError
from convert.plan import Plan


@contextmanager
def part_file(plan: Plan) -> Iterator[Path]:
    """Yield the path of the part: header written, space for every tensor claimed.

    Leaving with an exception removes it; `commit` gives it its name.

    Raises:
        OutputError: not enough space, or no permission.
    """
    part = plan.out.with_name(plan.out.name + ".part")
    try:
        with output_errors(part, plan.size), part.open("wb") as file:
            file.write(plan.header)
            file.flush()
            _claim(file.fileno(), plan.size)
        yield part
    finally:
        part.unlink(missing_ok=True)


def commit(part: Path, out: Path) -> None:
    """Make the part durable and give it its final name in one step."""
    with output_errors(out, part.stat().st_size):
        with part.open("rb+") as file:
            os.fsync(file.fileno())
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


def _claim(descriptor: int, size: int) -> None:
    """Reserve the space now, so that a full disk is known before the long work."""
    os.ftruncate(descriptor, size)
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                raise
