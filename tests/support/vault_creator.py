"""Children that each make a vault, or change its files, and kill themselves at a later step.

Python's audit events (PEP 578) name the steps: every open, mkdir, rename and remove below one
folder. SQLite's own writes are not among them. Each attempt is a fork of this process and has a
folder named by the step it dies at; the last one gets through.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from desktop_app.atomic_file import write_atomically
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.erase import erase
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.set_aside import set_some_aside
from desktop_app.vault.vault import open_with_passphrase
from tests.support import key_changes
from tests.support.source_tree import ROOT
from tests.support.vault_fixtures import PASSPHRASE

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"})
OLD, NEW = b"old", b"new"


Action = Callable[[Path, Path], None]


def make_a_vault(folder: Path, _: Path) -> None:
    die_at_step(folder)
    create(folder / "vault", passphrase=PASSPHRASE).close()


def rewrite(folder: Path, _: Path) -> None:
    (folder / "vault.json").write_bytes(OLD)
    die_at_step(folder)
    write_atomically(folder / "vault.json", NEW)


def change_passphrase(folder: Path, told: Path) -> None:
    shutil.copytree(told, folder / "vault")
    with open_with_passphrase(folder / "vault", key_changes.OLD) as vault:
        die_at_step(folder)
        vault.keys.set_passphrase(key_changes.NEW)


def erase_it(folder: Path, told: Path) -> None:
    shutil.copytree(told.parent, folder, dirs_exist_ok=True)
    die_at_step(folder)
    erase(folder / "vault", Keychain())


def set_all_aside(folder: Path, told: Path) -> None:
    shutil.copytree(told.parent, folder, dirs_exist_ok=True)
    files = VaultFiles(folder / "vault")
    copies = copies_in(files.backups)
    die_at_step(folder)
    set_some_aside(files, copies)


def attempt(action: Action, folder: Path, told: Path) -> bool:
    """Do `action` in a child that dies at the step `folder` is named by; tell if it got through."""
    pid = os.fork()
    if pid == 0:
        action(folder, told)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def die_at_step(folder: Path) -> None:
    """Count steps below `folder` from now on."""
    steps, fatal = itertools.count(), int(folder.name)

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in STEPS and str(folder) in str(arguments[0]) and next(steps) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def killed_at_every_step(action: str, base: Path, told: Path | None = None) -> list[Path]:
    """Return the folders of all attempts, the one that got through last.

    `told`: the history that is changed.
    """
    command = [sys.executable, "-m", "tests.support.vault_creator", action, str(base), str(told)]
    subprocess.run(command, cwd=ROOT, check=True)
    return sorted(base.iterdir())


ACTIONS = {
    "make": make_a_vault,
    "rewrite": rewrite,
    "passphrase": change_passphrase,
    "erase": erase_it,
    "set aside": set_all_aside,
}


def main(action: str, base: str, told: str) -> None:
    for fatal in itertools.count():
        folder = Path(base) / f"{fatal:03}"
        folder.mkdir()
        if attempt(ACTIONS[action], folder, Path(told)):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
