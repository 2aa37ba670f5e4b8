"""No core file, and no reading of memory by other programs of the same person.

A crash must not write the memory of a conversation, and its key, to the disk. On Linux another
program that runs as the same person could read it from /proc/PID/mem or attach to the process;
PR_SET_DUMPABLE 0 takes both away, but for root (prctl(2), ptrace(2)).

It has a price: xdg-desktop-portal finds out who asks through /proc/PID/root, and refuses every
request of such a process (flatpak/xdg-desktop-portal issues 785 and 2141; bitwarden/clients issue
20915, where file dialogs silently stayed away). So the window gives it up only when it has been
shown, by when Qt has asked the portal for the desktop's colours on a connection that the portal
goes on knowing, and file dialogs are Qt's own. A scheme the desktop changes later may be missed:
light and dark can be chosen in the settings.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""linux/prctl.h"""
PT_DENY_ATTACH: Final = 31
"""sys/ptrace.h of macOS; a debugger is refused, and memory is not read without one."""


def write_no_core_file() -> None:
    """Set this process's limit, and that of its children, to no core file (POSIX)."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not there on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse_tracing() -> None:
    """Let no other program of the same person read or trace this process (Linux, macOS).

    A program started from here is its own process, and has to call this itself.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    elif sys.platform == "darwin":
        ctypes.CDLL(None, use_errno=True).ptrace(PT_DENY_ATTACH, 0, None, 0)
