"""The other end of driven_window.py: the program as a child process, told what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.source_tree import ROOT

Seen = dict[str, Any]
MESSAGE_BUS = "DBUS_SESSION_BUS_ADDRESS"


class DrivenWindow:
    """A running program; `do` waits for the answer, `begin` does not."""

    def __init__(self, process: subprocess.Popen[bytes], says: int) -> None:
        self.process = process
        self._says = os.fdopen(says, encoding="utf-8")

    def begin(self, what: str, **how: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **how}).encode() + b"\n")
        self.process.stdin.flush()

    def do(self, what: str, **how: object) -> Seen:
        """Do it and return what was answered."""
        self.begin(what, **how)
        return self.answer()

    def answer(self) -> Seen:
        """Wait for what is seen next."""
        line = self._says.readline()
        if not line:
            raise EOFError(f"the program ended: {self.process.wait()}")
        seen: Seen = json.loads(line)
        return seen

    def read_to_end(self) -> list[Seen]:
        """Return all else that was seen, when the program has ended."""
        # A killed program may stop in the middle of a line.
        return [json.loads(line) for line in self._says if line.endswith("\n")]

    def kill(self) -> float:
        """End the program as a power cut would, and return when that was."""
        at = time.monotonic()
        self.process.kill()
        self.process.wait()
        return at

    def quit(self) -> int:
        """Close the window and return the program's exit status."""
        self.do("quit")
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._says.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@contextmanager
def driven_window(
    *arguments: str,
    under: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    output: Path | None = None,
) -> Iterator[DrivenWindow]:
    """Start `soulchat ARGUMENTS` with somebody at its window.

    Args:
        arguments: soulchat's own.
        under: a command that starts it, such as strace.
        env: its environment, by default this process's without the desktop's message bus, over
            which a keyring would be found.
        output: where stdout and stderr go, by default where this process's do.
    """
    if env is None:
        env = {name: value for name, value in os.environ.items() if name != MESSAGE_BUS}
    hear, says = os.pipe()
    command = [*under, sys.executable, "-m", "tests.support.driven_window", str(says), *arguments]
    out = None if output is None else output.open("wb")
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out, env=env, pass_fds=[says]
    )
    os.close(says)
    if out is not None:
        out.close()
    window = DrivenWindow(process, hear)
    try:
        yield window
    finally:
        window.close()
