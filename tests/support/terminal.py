"""A real terminal for a child: what it asks there is read and answered as a person would."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from desktop_app.settings import AgeBand, Settings
from tests.support.engine_run import CLI

ANSWERED = Settings(region="CN", age=AgeBand.ADULT)
"""Settings of somebody who was asked in an earlier run."""
TAKEN = 'true 3<>"$0"; exec "$@"'
"""The leader of a session without a terminal takes the first that it opens (tty_ioctl(4))."""


class Terminal:
    """The person's side of it."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._raw = b""
        self._waited_for = 0
        """Up to there in `seen`; one reading may bring more than what was waited for."""

    @property
    def seen(self) -> str:
        """All that stood on the screen."""
        return self._raw.decode(errors="replace")

    def wait_for(self, text: str) -> None:
        """Read until `text` has come after what was waited for before."""
        while (at := self.seen.find(text, self._waited_for)) < 0:
            try:
                self._raw += os.read(self._leader, 4096)
            except OSError:  # nobody is at the other end any more
                raise AssertionError(f"the program ended without {text!r}") from None
        self._waited_for = at + len(text)

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def read_to_end(self) -> None:
        with suppress(OSError):
            while more := os.read(self._leader, 4096):
                self._raw += more


@contextmanager
def terminal(
    *arguments: str | Path, talks: bool = False, program: Sequence[str] = CLI
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """Run `soulchat` with a controlling terminal of its own.

    `talks`: standard input and output are the terminal too; else they are pipes. `program`: what
    runs in its place.
    """
    leader, follower = pty.openpty()
    stream = follower if talks else subprocess.PIPE
    try:
        with subprocess.Popen(
            ["sh", "-c", TAKEN, os.ttyname(follower), *program, *map(str, arguments)],
            stdin=stream,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            pass_fds=(follower,),  # while somebody has it open, the leader can be read
        ) as child:
            os.close(follower)
            try:
                yield child, Terminal(leader)
            finally:
                child.kill()
    finally:
        os.close(leader)
