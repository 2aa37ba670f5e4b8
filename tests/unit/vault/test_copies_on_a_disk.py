"""Copies on a disk that is mounted where they lie: nothing renames it, or waits for that."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.restore import become
from desktop_app.vault.set_aside import copies_aside
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.damaged_vault import damage_overflow, flip_a_byte, opened
from tests.support.small_disk import ONLY_ROOT, make_read_only, make_writable, mounted
from tests.support.two_histories import OTHER, by_passphrase, merged, said_in
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = ONLY_ROOT

LONG = "长" * 4000
"""Fills pages of its own, which hold nothing else."""


@pytest.fixture
def disk(folder: Path) -> Iterator[Path]:
    """The disk the copies lie on."""
    with mounted(VaultFiles(folder).backups, "16m") as place:
        yield place


@pytest.fixture
def copied(disk: Path, vault: Vault) -> Vault:
    """A history of which a copy lies there."""
    vault.sessions.add("a", Turn(Role.USER, LONG))
    vault.sessions.add("a", Turn(Role.USER, "还在"))
    assert vault.backups.make().files.folder.parent == disk
    return vault


def become_void(disk: Path) -> None:
    """Leave one there, after the history was closed, that a purge has marked."""
    shutil.copytree(disk / "000001", disk / "000002.void")


def assert_set_aside(files: VaultFiles, disk: Path) -> None:
    (aside,) = copies_aside(files)
    assert aside.resolve().parent == disk
    assert {path.name for path in aside.iterdir()} == {"000001", "000002.void"}
    assert copies_in(files.backups) == ()


def test_a_rescue_sets_them_aside_there(copied: Vault, data_key: bytes, disk: Path) -> None:
    damage_overflow(copied)
    become_void(disk)

    with open_rescued(copied.files.folder, data_key) as rescued:
        assert_set_aside(rescued.files, disk)
        assert rescued.sessions.turns("a")[0].state is TurnState.DAMAGED
        (copy, *_) = kept_copies(rescued.files)
        merged(copy.files.folder, rescued)
        assert said_in(rescued) == [LONG, "还在"]


def test_a_backup_becomes_the_history_beside_them(
    copied: Vault, disk: Path, tmp_path: Path
) -> None:
    folder = copied.files.folder
    write_backup(copied, tmp_path / "b")
    copied.close()
    become_void(disk)
    copied.files.envelope.write_bytes(b"nothing")

    become(tmp_path / "b", folder, by_passphrase)

    assert_set_aside(copied.files, disk)
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert said_in(vault) == [LONG, "还在"]


def test_a_new_history_begins_beside_those_of_the_one_before(copied: Vault, disk: Path) -> None:
    copied.close()
    become_void(disk)
    shutil.rmtree(copied.files.folder)

    with create(copied.files.folder, passphrase=OTHER) as vault:
        assert_set_aside(vault.files, disk)


def test_a_rescue_ends_where_that_disk_takes_nothing_and_keeps_them_until_it_does(
    copied: Vault, data_key: bytes, disk: Path
) -> None:
    """They may have what is lost, so no copy of the rescued history takes their place."""
    folder = copied.files.folder
    copied.close()
    flip_a_byte(copied.files.history, page=1)
    make_read_only(disk)

    with open_rescued(folder, data_key) as rescued:
        assert "vault.strange_copies_left" in [notice.key for notice in rescued.notices]
        assert (disk / "000001" / "history.db").exists()
    make_writable(disk)
    with opened(folder, data_key) as vault:
        (aside,) = copies_aside(vault.files)
        assert {path.name for path in aside.iterdir()} == {"000001"}
