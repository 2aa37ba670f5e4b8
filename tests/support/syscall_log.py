"""A program run where there is no network, with every system call of the network written down."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

SOCKET = re.compile(rb"\bsocket(?:pair)?\((\w+)")
ADDRESS = re.compile(rb"sa_family=(\w+)")


def logged(log: Path) -> list[str]:
    """Return the command that starts a program with no network, its calls in `log`.

    An empty network namespace is root's to make, or that of a user who is root in a namespace
    of their own.
    """
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    tracing = ["--trace=network", "--decode-fds=none", f"--output={log}"]
    return ["strace", "--follow-forks", *tracing, *alone]


def families(log: Path) -> Counter[str]:
    """Return how often a socket was made or an address used, by family, refused ones too."""
    content = log.read_bytes()
    return Counter(
        name.decode() for pattern in (SOCKET, ADDRESS) for name in pattern.findall(content)
    )
