"""No other program of the same person reads this one's memory (Linux)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import desktop_app.core_files
from tests.support.small_disk import ONLY_ROOT

BECOME_NOBODY = "import os; os.setgid(65534); os.setuid(65534)"
"""Root may read everything, so both programs become somebody else."""
AS_AT_THE_START = "ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)"
"""Becoming somebody else has the kernel hide the memory too; a program begins without that."""
SOURCE = Path(desktop_app.core_files.__file__).read_text(encoding="utf-8")
READ = f"{BECOME_NOBODY}; import sys; open('/proc/' + sys.argv[1] + '/mem', 'rb')"


@contextmanager
def somebodys(last_line: str) -> Iterator[int]:
    """Run core_files as nobody, then `last_line`; give the process's id."""
    lines = (SOURCE, BECOME_NOBODY, AS_AT_THE_START, last_line, "print('ready', flush=True)")
    code = "\n".join((*lines, "sys.stdin.read()"))
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.stdin.close()


def reads(pid: int) -> bool:
    """Tell whether another program of the same person opens the process's memory."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", READ, str(pid)],
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


@ONLY_ROOT
@pytest.mark.parametrize(("line", "open_to_others"), [("", True), ("refuse_tracing()", False)])
def test_memory_is_shown_to_nobody(line: str, *, open_to_others: bool) -> None:
    with somebodys(line) as pid:
        assert reads(pid) is open_to_others
