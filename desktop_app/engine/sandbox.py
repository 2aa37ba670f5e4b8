"""The engine's child cannot open an internet connection: the kernel refuses it.

A seccomp filter (Linux 3.5, Documentation/userspace-api/seccomp_filter.rst) holds for every
thread and every program started from here, native code included, and cannot be taken off again.
It answers "not permitted" to

- sockets of any family but AF_UNIX, which reaches this machine alone;
- io_uring, which could open sockets without asking the filter;
- looking into other processes or taking over what they have open.

Nothing of that is needed to read a model and write a reply.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
from dataclasses import dataclass
from typing import Final

PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
"""linux/prctl.h; without it only root may set a filter."""
SECCOMP_MODE_FILTER: Final = 2
SECCOMP_RET_ALLOW: Final = 0x7FFF0000
SECCOMP_RET_ERRNO: Final = 0x00050000
AF_UNIX: Final = 1

LOAD: Final = 0x20
"""BPF_LD | BPF_W | BPF_ABS: a word of struct seccomp_data, by its offset."""
IF_EQUAL: Final = 0x15
IF_AT_LEAST: Final = 0x35
RETURN: Final = 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data. Of the argument the low word, which is all `socket` reads."""
X32: Final = 0x40000000
"""System calls of x86-64's second numbering begin here; nothing uses it."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The numbers of system calls on one processor architecture (asm/unistd.h)."""

    audit: int
    """The architecture as the kernel names it (linux/audit.h)."""
    socket: int
    refused: tuple[int, ...]
    """ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd."""


CALLS: Final = {
    "x86_64": Calls(0xC000003E, socket=41, refused=(101, 310, 311, 425, 438)),
    "aarch64": Calls(0xC00000B7, socket=198, refused=(117, 270, 271, 425, 438)),
}


class Instruction(ctypes.Structure):
    """struct sock_filter; the jumps count instructions from the next one."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction)))


def refuse_internet() -> bool:
    """Have the kernel refuse what this module names; tell whether it does.

    False where there is no such filter: another system, another processor, a kernel without
    seccomp. To be called before there is a second thread.
    """
    calls = CALLS.get(platform.machine())
    if sys.platform != "linux" or sys.maxsize < 2**32 or calls is None:
        return False
    instructions = _instructions(calls)
    array = (Instruction * len(instructions))(*instructions)
    program = Program(len(array), array)
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = (ctypes.c_int, *4 * (ctypes.c_ulong,))
    at = ctypes.addressof(program)
    return not (
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, at, 0, 0)
    )


def _instructions(calls: Calls) -> list[Instruction]:
    """Return the filter. It ends with `allow`, then `refuse`; refusing jumps forward to it."""
    refused = len(calls.refused)
    to_refuse = refused + 4
    return [
        Instruction(LOAD, 0, 0, ARCHITECTURE),
        Instruction(IF_EQUAL, 0, to_refuse + 2, calls.audit),
        Instruction(LOAD, 0, 0, NUMBER),
        Instruction(IF_AT_LEAST, to_refuse, 0, X32),
        *(
            Instruction(IF_EQUAL, to_refuse - 1 - place, 0, number)
            for place, number in enumerate(calls.refused)
        ),
        Instruction(IF_EQUAL, 0, 2, calls.socket),
        Instruction(LOAD, 0, 0, FIRST_ARGUMENT),
        Instruction(IF_EQUAL, 0, 1, AF_UNIX),
        Instruction(RETURN, 0, 0, SECCOMP_RET_ALLOW),
        Instruction(RETURN, 0, 0, SECCOMP_RET_ERRNO | errno.EPERM),
    ]
