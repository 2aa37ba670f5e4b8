"""What a child does before anything else: no life after its parent, no trace of its memory."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h; see prctl(2)."""


def take_precautions() -> None:
    """Have the kernel kill this process with its parent (Linux) and write no core file (POSIX).

    Elsewhere, and in the moment before this call, the end of stdin ends the child: the kernel
    closes a dead parent's pipes. A core file would hold the conversation in clear.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not there on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
