"""What the system says about writing a file, as a sentence."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convert.errors import OutputError
from resources.system_errors import reason_of


@contextmanager
def output_errors(path: Path, needed: int) -> Iterator[None]:
    """Turn what the system says about writing `path` into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = shutil.disk_usage(path.absolute().parent).free
            raise OutputError("disk_full", path=path.parent, needed=needed, free=free) from error
        raise OutputError("out_unwritable", path=path, reason=reason_of(error)) from error
