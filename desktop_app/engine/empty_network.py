"""The engine's child lives where there is no network: in an empty network namespace.

A second belt beside sandbox.py. It has a loopback interface that is down, and no other
(network_namespaces(7)); an abstract socket of the desktop is not there either. Making one takes a
right that ordinary programs have only in a user namespace of their own (user_namespaces(7)), which
some systems do not grant: there the first belt holds alone.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWNET: Final = 0x40000000
"""linux/sched.h"""
CAPABILITIES_VERSION: Final = 0x20080522
"""linux/capability.h, _LINUX_CAPABILITY_VERSION_3"""


def leave_networks() -> bool:
    """Move this process into a network namespace of its own; tell whether that was allowed.

    To be called before there is a second thread.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    if libc.unshare(CLONE_NEWNET) == 0:  # root needs no more
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    _drop_capabilities(libc)
    return True


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Give up what a new user namespace gives: every right over it, which nothing here needs."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    libc.capset(header, (ctypes.c_uint32 * 6)())
