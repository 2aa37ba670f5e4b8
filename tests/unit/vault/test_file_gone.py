"""The files of a history vanish while it is open: nothing more is taken for kept."""

from __future__ import annotations

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


@pytest.mark.parametrize("vanish", [removed, replaced, folder_removed])
def test_what_is_said_then_is_refused(vault: Vault, vanish: Callable[[Path], None]) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vanish(vault.database.path)

    for _ in range(2):
        with pytest.raises(VaultError) as refused:
            vault.sessions.add("a", Turn(Role.USER, "二"))

    assert refused.value.key == "vault.history_gone"
    assert [each.turn.content for each in vault.sessions.turns("a")] == ["一"]


def test_it_goes_on_where_the_file_was_put_back(vault: Vault) -> None:
    file = vault.database.path
    aside = file.rename(file.with_name("elsewhere.db"))
    with pytest.raises(VaultError):
        vault.sessions.add("a", Turn(Role.USER, "一"))
    aside.rename(file)
    vault.sessions.add("a", Turn(Role.USER, "二"))
    assert [each.turn.content for each in vault.sessions.turns("a")] == ["二"]
