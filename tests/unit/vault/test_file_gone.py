"""The files of a history vanish while it is open: nothing more is taken for kept."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.errors import VaultError
from desktop_app.vault.vault import Vault

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lets nobody remove a file that is open"
)


def removed(file: Path) -> None:
    file.unlink()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").replace(file)


def folder_removed(file: Path) -> None:
    shutil.rmtree(file.parent)


@pytest.mark.parametrize(
    ("vanish", "told"),
    [
        (removed, "vault.history_gone"),
        (replaced, "vault.history_replaced"),
        (folder_removed, "vault.history_gone"),
    ],
)
def test_what_is_said_then_is_refused(
    vault: Vault, vanish: Callable[[Path], None], told: str
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vanish(vault.database.path)

    for _ in range(2):
        with pytest.raises(VaultError) as refused:
            vault.sessions.add("a", Turn(Role.USER, "二"))

    assert refused.value.key == told
    assert [each.turn.content for each in vault.sessions.turns("a")] == ["一"]


def test_it_goes_on_where_the_file_system_numbers_the_open_file_anew(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat, fstat = Path.stat, os.fstat

    def anew(found: os.stat_result) -> os.stat_result:
        return os.stat_result((found.st_mode, found.st_ino + 1, *found[2:]))

    monkeypatch.setattr(Path, "stat", lambda path, **how: anew(stat(path, **how)))
    monkeypatch.setattr(os, "fstat", lambda file: anew(fstat(file)))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    assert [each.turn.content for each in vault.sessions.turns("a")] == ["一"]


def test_it_goes_on_where_the_file_was_put_back(vault: Vault) -> None:
    file = vault.database.path
    aside = file.rename(file.with_name("elsewhere.db"))
    with pytest.raises(VaultError):
        vault.sessions.add("a", Turn(Role.USER, "一"))
    aside.rename(file)
    vault.sessions.add("a", Turn(Role.USER, "二"))
    assert [each.turn.content for each in vault.sessions.turns("a")] == ["二"]
