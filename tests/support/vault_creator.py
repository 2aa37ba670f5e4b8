"""Children that each make a vault, or rewrite an envelope, and kill themselves at a later step.

Python's audit events (PEP 578) name the steps: every open, mkdir, rename and remove below one
folder. SQLite's own writes are not among them. Each attempt is a fork of this process and has a
folder named by the step it dies at; the last one gets through.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from desktop_app.vault.atomic_file import write_atomically
from desktop_app.vault.creation import create
from tests.support.vault_fixtures import PASSPHRASE

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"})
OLD, NEW = b"old", b"new"


def make_a_vault(folder: Path) -> None:
    create(folder / "vault", passphrase=PASSPHRASE).close()


def rewrite(folder: Path) -> None:
    write_atomically(folder / "vault.json", NEW)


def attempt(action: Callable[[Path], None], folder: Path, fatal: int) -> bool:
    """Do `action` in a child that dies at its step number `fatal`; tell whether it got through."""
    pid = os.fork()
    if pid == 0:
        die_at_step(fatal, below=folder)
        action(folder)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def die_at_step(fatal: int, *, below: Path) -> None:
    steps = itertools.count()

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS and str(below) in str(arguments[0]) and next(steps) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def main(action: Callable[[Path], None], base: Path) -> None:
    for fatal in itertools.count():
        folder = base / f"{fatal:03}"
        folder.mkdir()
        if action is rewrite:
            (folder / "vault.json").write_bytes(OLD)
        if attempt(action, folder, fatal):
            return


if __name__ == "__main__":
    main({"make": make_a_vault, "rewrite": rewrite}[sys.argv[1]], Path(sys.argv[2]))
