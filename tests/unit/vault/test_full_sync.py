"""On macOS what is written reaches the disk itself. No such system is here: its call is played."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from desktop_app import atomic_file
from desktop_app.atomic_file import write_atomically
from desktop_app.dialogue import Role, Turn
from desktop_app.new_file import new_file
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.erase import erase
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import Vault

fcntl = pytest.importorskip("fcntl")

F_FULLFSYNC = 51
"""As in macOS' <fcntl.h>."""


class MacOS:
    """What was brought to the disk, by the number of the file; and what went no further."""

    def __init__(self, *, knows: bool) -> None:
        self.knows = knows
        self.whole_way: set[int] = set()
        self.half_way: set[int] = set()

    def fcntl(self, handle: int, command: int, *_: Any) -> int:
        assert command == F_FULLFSYNC
        if not self.knows:
            raise OSError(errno.ENOTSUP, "a network drive")
        self.whole_way.add(os.fstat(handle).st_ino)
        return 0

    def fsync(self, handle: int) -> None:
        self.half_way.add(os.fstat(handle).st_ino)


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> MacOS:
    played = MacOS(knows=getattr(request, "param", True))
    monkeypatch.setattr(atomic_file, "FULL_SYNC", F_FULLFSYNC)
    monkeypatch.setattr(fcntl, "fcntl", played.fcntl)
    monkeypatch.setattr(os, "fsync", played.fsync)
    return played


def numbers(*paths: Path) -> set[int]:
    return {path.stat().st_ino for path in paths}


def test_a_file_and_its_name_on_macos_played_by_an_object_go_the_whole_way(
    macos: MacOS, tmp_path: Path
) -> None:
    write_atomically(tmp_path / "one", b"one")
    with new_file(tmp_path / "two") as file:
        file.write(b"two")

    assert macos.whole_way == numbers(tmp_path, tmp_path / "one", tmp_path / "two")
    assert macos.half_way == set()


@pytest.mark.parametrize("macos", [False], indirect=True)
def test_a_drive_on_macos_played_by_an_object_that_knows_no_such_way_is_synced_as_ever(
    macos: MacOS, tmp_path: Path
) -> None:
    write_atomically(tmp_path / "one", b"one")

    assert macos.half_way == numbers(tmp_path, tmp_path / "one")


def test_copies_and_backups_on_macos_played_by_an_object_go_the_whole_way(
    macos: MacOS, vault: Vault, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    copy = vault.backups.make().files
    write_backup(vault, tmp_path / "b")

    written = numbers(copy.history, copy.envelope, copy.folder, copy.folder.parent, tmp_path / "b")
    assert written <= macos.whole_way
    vault.close()
    erase(vault.files.folder, Keychain())
    assert macos.half_way == set()


def test_the_database_asks_for_the_whole_way_where_the_system_has_one(vault: Vault) -> None:
    for pragma in ("fullfsync", "checkpoint_fullfsync"):
        assert vault.database.rows(f"PRAGMA {pragma}") == [(1,)]
