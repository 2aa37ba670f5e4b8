"""A process that takes the engine child's precautions and says what the kernel refuses it.

Prints one JSON object: for each attempt the name of its error, or "done".
"""

from __future__ import annotations

import ctypes
import errno
import json
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from desktop_app.engine.sandbox import CALLS, refuse_internet

ATTEMPTS: dict[str, Callable[[], object]] = {
    "unix": lambda: socket.socket(socket.AF_UNIX).close(),
    "pair": lambda: list(map(socket.socket.close, socket.socketpair())),
    "inet": lambda: socket.socket(socket.AF_INET).close(),
    "inet6": lambda: socket.socket(socket.AF_INET6).close(),
    "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "high bits": lambda: syscall(CALLS[platform.machine()].socket, 0xFFFFFFFF00000002, 1, 0),
    "ptrace": lambda: syscall(CALLS[platform.machine()].refused[0], 0, 0, 0),
    "io_uring": lambda: syscall(425, 0, 0, 0),
}


def syscall(number: int, *arguments: int) -> None:
    call = ctypes.CDLL(None, use_errno=True).syscall
    if call(ctypes.c_long(number), *map(ctypes.c_ulong, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "")


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def in_thread() -> str:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(outcome(ATTEMPTS["inet"])))
    thread.start()
    thread.join()
    return said[0]


def in_program() -> str:
    """What a program started from here is told when it opens a socket: its exit status."""
    code = "from tests.support.refused_calls import *; sys.exit(outcome(ATTEMPTS['inet']))"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, check=False, text=True)
    return run.stderr.strip()


if __name__ == "__main__":
    before = {"before": outcome(ATTEMPTS["inet"])}
    found: dict[str, object] = {"set": refuse_internet()} | {
        name: outcome(do) for name, do in ATTEMPTS.items()
    }
    found |= {"thread": in_thread(), "program": in_program()}
    sys.stdout.write(json.dumps(before | found))
