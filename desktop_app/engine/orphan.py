"""No child outlives its parent, however the parent ends."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""linux/prctl.h; see prctl(2)."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux).

    Elsewhere, and in the moment before this call, the end of stdin does the same: the kernel
    closes a dead parent's pipes.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
