"""What a copy would keep that nobody can look into is not removed for good."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.errors import VaultError
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.unreadable import refuse_to_list
from tests.support.vault_fixtures import PASSPHRASE


def unreadable(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy whose folder is there, and which the system refuses to list."""
    copy = vault.backups.make().files.folder
    refuse_to_list(copy, monkeypatch)
    return copy


def unopened(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy whose folder can be listed, and its file not be read."""
    history = vault.backups.make().files.history
    opens = Path.open

    def refused(path: Path, *given: Any, **named: Any) -> Any:
        if path == history:
            raise OSError(errno.EIO, "refused", str(path))
        return opens(path, *given, **named)

    monkeypatch.setattr(Path, "open", refused)
    return history


def unknown(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of which the system does not even say whether it is a folder."""
    copy = vault.backups.make().files.folder
    asks = Path.lstat

    def refused(path: Path) -> os.stat_result:
        if path == copy:
            raise OSError(errno.EIO, "refused", str(path))
        return asks(path)

    monkeypatch.setattr(Path, "lstat", refused)
    return copy


def away(vault: Vault, _: pytest.MonkeyPatch) -> Path:
    """Return the link by which the copies lie on a disk that is not here."""
    vault.backups.make()
    copies = vault.files.backups
    there = copies.rename(copies.with_name("another disk"))
    copies.symlink_to(there)
    there.rename(there.with_name("unplugged"))
    return copies


def purged(vault: Vault) -> None:
    vault.sessions.purge("a")


def renewed(vault: Vault) -> None:
    vault.rotate(passphrase=PASSPHRASE)


@pytest.mark.parametrize("removed", [purged, renewed])
@pytest.mark.parametrize("out_of_reach", [unreadable, unopened, unknown, away])
def test_what_a_copy_would_keep_that_cannot_be_looked_into_is_not_removed_and_that_is_said(
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
    out_of_reach: Callable[[Vault, pytest.MonkeyPatch], Path],
    removed: Callable[[Vault], None],
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    with monkeypatch.context() as refusing:
        copy = out_of_reach(vault, refusing)
        dek = vault.keys.dek

        with pytest.raises(VaultError, match=re.escape(str(copy))):
            removed(vault)

        assert vault.keys.dek == dek
        assert [each.id for each in vault.sessions.trashed()] == ["a"]


def test_a_due_purge_that_such_a_copy_refuses_is_said_at_the_opening(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    copy = vault.backups.make().files.folder
    vault.sessions.delete("a")
    vault.trash.keep(False)
    with monkeypatch.context() as refusing:
        refuse_to_list(copy, refusing)
        vault.close()
        with open_with_passphrase(vault.files.folder, PASSPHRASE) as again:
            assert [str(copy) in str(notice) for notice in again.notices] == [True]
            assert [each.id for each in again.sessions.trashed()] == ["a"]

    with open_with_passphrase(vault.files.folder, PASSPHRASE) as again:
        assert again.notices == ()
        assert again.sessions.trashed() == ()
