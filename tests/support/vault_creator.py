"""A child process that makes a vault and kills itself at its N-th step on the file system.

Python's audit events (PEP 578) name the steps: every open, mkdir, rename, remove it makes.
Prints "made" when it got through. SQLite's own writes are not among the events.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from desktop_app.vault.creation import create
from tests.support.vault_fixtures import PASSPHRASE

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"})


def main(folder: Path, fatal: int) -> None:
    left = fatal

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in STEPS and str(folder.parent) in str(arguments[0]):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(count)
    create(folder, passphrase=PASSPHRASE).close()
    print("made")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
