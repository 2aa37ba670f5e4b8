"""What a child does before anything else: no life after its parent, no trace of its memory."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from desktop_app.core_files import refuse_tracing, write_no_core_file

PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h; see prctl(2)."""


def take_precautions() -> None:
    """End this process with its parent, and show its memory to nobody.

    On Linux the kernel ends it, on macOS a thread that waits for the parent's end, on Windows the
    job object it was put into. Besides, and in the moment before this call, the end of stdin ends
    it: the system closes a dead parent's pipes. On all POSIX systems it writes no core file.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    elif sys.platform == "darwin":
        watcher = threading.Thread(
            target=end_with, args=(os.getppid(), select, os._exit), name="parent", daemon=True
        )
        watcher.start()
    write_no_core_file()
    refuse_tracing()


def end_with(parent: int, queues: Any, end: Callable[[int], object]) -> None:
    """Wait until process `parent` has ended, then end this one (kqueue(2), NOTE_EXIT).

    `queues` is the module `select`, as BSD has it.
    """
    event = queues.kevent(
        parent, filter=queues.KQ_FILTER_PROC, flags=queues.KQ_EV_ADD, fflags=queues.KQ_NOTE_EXIT
    )
    with suppress(ProcessLookupError):  # it has ended already
        queues.kqueue().control([event], 1)
    end(0)
