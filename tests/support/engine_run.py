"""Start the real command line as the child process a script would start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CLI = (sys.executable, "-m", "desktop_app.cli")
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
LONGEST_S = 600
"""Against hangs only: `bench` takes a minute or two, more where others work too."""


def soulchat(
    *arguments: str | Path, stdin: str | bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `soulchat` to its end, with no terminal to ask on; return status, stdout and stderr."""
    # On one core: a second one gains a tiny model nothing and, when others use it too, costs
    # much, since llama.cpp's threads wait for each other after every operation.
    cores = sorted(os.sched_getaffinity(0))
    core = cores[WORKER % len(cores)]
    return subprocess.run(
        [*CLI, *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=LONGEST_S,
        check=False,
        start_new_session=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )


def asking(*contents: str) -> str:
    """A request whose contents are the user's and the assistant's in turn."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[number % 2], "content": content} for number, content in enumerate(contents)
    ]
    return json.dumps({"messages": messages})


def reply_to(request: str, *arguments: str | Path) -> dict[str, Any]:
    """Run `soulchat reply --json` and return what it printed."""
    done = soulchat("reply", "--json", *arguments, stdin=request)
    assert done.returncode == 0, done.stderr.decode()
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply
