"""`soulchat --text` as a child that is still running: told lines, listened to, interrupted."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.engine_run import CLI, soulchat


class Talk:
    """A conversation over pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.heard = b""
        """All of standard output so far."""

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def listen(self) -> None:
        """Read what comes next."""
        assert self.process.stdout is not None
        more = os.read(self.process.stdout.fileno(), 4096)
        assert more, "the program ended"
        self.heard += more

    def hear(self, text: str) -> None:
        """Read until `text` has come after what was heard before."""
        before = len(self.heard)
        while text.encode() not in self.heard[before:]:
            self.listen()

    def end(self) -> tuple[str, str]:
        """End the input, wait for the program, and return the rest of both its streams."""
        out, err = self.process.communicate(timeout=60)
        self.heard += out
        return self.heard.decode(), err.decode()


@contextmanager
def talking(*arguments: str | Path) -> Iterator[Talk]:
    """Run `soulchat --text`; killed with the block if it is still there."""
    with subprocess.Popen(
        [*CLI, "--text", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            yield Talk(process)
        finally:
            process.kill()


def history(*arguments: str | Path) -> list[dict[str, Any]]:
    """Return all conversations of the history with their turns, the latest first."""
    listed = soulchat("sessions", "list", "--json", *arguments)
    assert listed.returncode == 0, listed.stderr.decode()
    return [
        json.loads(soulchat("sessions", "show", each["id"], "--json", *arguments).stdout)
        for each in json.loads(listed.stdout)["sessions"]
    ]


def turns(*arguments: str | Path) -> list[tuple[str, str, str]]:
    """Return role, content and state of each turn of the history's only conversation."""
    (only,) = history(*arguments)
    return [(turn["role"], turn["content"], turn["state"]) for turn in only["turns"]]
