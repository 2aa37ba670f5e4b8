"""`soulchat vault copies`: what lies beside the history, and removing what was set aside.

What was set aside may be all that is left of a history. So it is removed beside one that opens, and
by nobody who cannot open it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from desktop_app.commands.environment import Secrets
from desktop_app.commands.output import speak, tell
from desktop_app.commands.terminal import ask, has_terminal
from desktop_app.commands.unlock import unlocked
from desktop_app.errors import InputError
from desktop_app.local_time import local
from desktop_app.paths import Paths
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.set_aside import SetAside, bytes_of, remove_set_aside, set_aside
from resources.messages import sentence
from resources.sizes import megabytes

CONFIRMED: Final = "yes"


def run_vault_copies(arguments: argparse.Namespace, paths: Paths, secrets: Secrets) -> None:
    """List the copies and what was set aside; remove the latter where that is asked for.

    Raises:
        InputError: removing it was not confirmed.
        VaultError: it cannot be removed, or the history does not open.
    """
    if not arguments.remove_set_aside:
        _list(vault_in(paths.vault))
        return
    with unlocked(paths.vault, secrets) as vault:
        found = set_aside(vault.files)
        _show_aside(found)
        if found and _confirmed(sure=arguments.yes):
            remove_set_aside(vault.files)
            tell(sentence("sessions.aside_removed"))


def _list(files: VaultFiles) -> None:
    aside = set_aside(files)
    lines = list(_copies(files, [each.path for each in aside]))
    speak("\n".join(lines or [sentence("copies.none")]))
    _show_aside(aside)
    if aside:
        tell(sentence("sessions.aside_option", option="--remove-set-aside"))


def _copies(files: VaultFiles, aside: list[Path]) -> Iterator[str]:
    """Return a line for each copy; those that were set aside are named with the rest of that."""
    for copy in kept_copies(files):
        folder = copy.files.folder
        if not any(folder.is_relative_to(each) for each in aside):
            yield _line(sentence(f"copies.{copy.kind}", made=_day(copy.made)), folder)


def _show_aside(found: tuple[SetAside, ...]) -> None:
    if not found:
        tell(sentence("copies.none_aside"))
        return
    for each in found:
        speak(_line(sentence("copies.set_aside", made=_day(each.made)), each.path))
    size = megabytes(sum(each.size for each in found))
    tell(sentence("copies.kept_aside", count=len(found), megabytes=size))


def _line(what: str, path: Path) -> str:
    return sentence("copies.size", what=what, path=path, megabytes=megabytes(bytes_of(path)))


def _day(made: datetime) -> str:
    return f"{local(made):%Y-%m-%d %H:%M}"


def _confirmed(*, sure: bool) -> bool:
    if sure:
        return True
    if not has_terminal():
        raise InputError("input.not_confirmed", option="--yes")
    if ask(sentence("sessions.remove_aside", word=CONFIRMED)) == CONFIRMED:
        return True
    tell(sentence("copies.not_removed"))
    return False
