"""Children that change a history and kill themselves at a later write, truncation or sync.

    python -m tests.support.killed_writes MODULE:FUNCTION BASE TOLD

Each attempt is a fork of this process. It has a copy of the history TOLD in a folder named by the
call to the disk that it dies at, counted from where the function passes ARMED; the last one gets
through. So every moment is met at which a commit, or the emptying of the log, can be half done.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from desktop_app.vault.crash_points import EVENT
from tests.support.full_disk_vfs import SYNC, TRUNCATE, WRITE, Disk, full_disk
from tests.support.history_changes import ARMED
from tests.support.source_tree import ROOT


def killed_at_every_write(function: str, base: Path, told: Path) -> list[Path]:
    """Return the folders of all attempts, the one that got through last."""
    base.mkdir()
    command = [sys.executable, "-m", "tests.support.killed_writes", function, str(base), str(told)]
    subprocess.run(command, cwd=ROOT, check=True)
    return sorted(base.iterdir())


def attempt(action: Callable[[str], None], folder: Path) -> bool:
    """Do `action` in a child that dies; tell whether it got through."""
    pid = os.fork()
    if pid == 0:
        with full_disk(Disk(at_its_end=die)) as disk:
            disk.kinds = frozenset({WRITE, TRUNCATE, SYNC})
            arm(disk, int(folder.name))
            action(str(folder / "vault"))
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def arm(disk: Disk, calls: int) -> None:
    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event == EVENT and arguments == (ARMED,):
            disk.left = calls

    sys.addaudithook(hear)


def die(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(function: str, base: str, told: str) -> None:
    module, _, name = function.partition(":")
    action = getattr(import_module(module), name)
    for fatal in itertools.count():
        folder = Path(base) / f"{fatal:04}"
        shutil.copytree(told, folder / "vault")
        if attempt(action, folder):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
