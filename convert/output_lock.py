"""One conversion at a time for an output: a second one would write into the same part.

The lock is the operating system's on `model.json.lock`, since every output of a folder shares
its `model.json`. It goes with its holder, killed or not, and the file with the run's end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convert.errors import OutputError
from convert.plan import Plan
from resources.file_lock import FileLock


@contextmanager
def output_lock(plan: Plan) -> Iterator[None]:
    """Hold the output's folder for this run.

    Where no lock can be had (a file system that knows none, a folder that cannot be written) the
    run goes on: what it writes next has its own sentence.

    Raises:
        OutputError: another run holds it.
    """
    path = plan.card_file.with_name(f"{plan.card_file.name}.lock")
    try:
        lock = _taken(path)
    except BlockingIOError:
        raise OutputError("out_in_use", path=plan.out) from None
    except OSError:
        yield
        return
    try:
        yield
    finally:
        if os.name == "nt":  # it removes no open file
            lock.release()
        with suppress(OSError):
            path.unlink()
        lock.release()


def _taken(path: Path) -> FileLock:
    """Return the lock on the file that has this name, not on one its last holder has removed."""
    while True:
        lock = FileLock(path)
        if lock.is_of(path):
            return lock
        lock.release()
