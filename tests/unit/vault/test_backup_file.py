"""A backup takes nobody's name and nobody's file, on whatever disk it is written."""

from __future__ import annotations

import errno
import os
import time
import zipfile
from pathlib import Path

import pytest

from desktop_app.vault import backup_file
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.database import Database
from desktop_app.vault.errors import BackupError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.own_envelope import OwnEnvelope
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault
from tests.support.two_histories import OTHER
from tests.support.vault_fixtures import PASSPHRASE


def test_a_file_that_came_meanwhile_is_not_overwritten(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comes(point: str) -> None:
        if point == "backup_file.written":
            (tmp_path / "b").write_bytes(b"mine")

    monkeypatch.setattr(backup_file, "crash_point", comes)

    with pytest.raises(BackupError, match="已经有了"):
        write_backup(vault, tmp_path / "b")

    assert (tmp_path / "b").read_bytes() == b"mine"
    assert {path.name for path in tmp_path.iterdir()} == {"b", "data"}


def test_a_persons_own_part_file_stays(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "b.part").write_bytes(b"mine")

    write_backup(vault, tmp_path / "b")

    assert (tmp_path / "b.part").read_bytes() == b"mine"


def test_where_the_disk_knows_no_links_it_is_whole_and_overwrites_nothing(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT, on most sticks; there is none to mount here, so the one call is refused."""

    def refused(_to: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    write_backup(vault, tmp_path / "b")

    assert zipfile.is_zipfile(tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == {"b", "data"}


@pytest.mark.parametrize("meanwhile", ["a new key", "another passphrase"])
def test_it_opens_with_what_the_history_it_holds_was_opened_with(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    copy = backup_file.snapshot

    def changed_first(*given: object) -> None:
        if meanwhile == "a new key":
            vault.rotate(passphrase=PASSPHRASE)
        else:
            vault.keys.set_passphrase(OTHER)
        copy(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_file, "snapshot", changed_first)
    write_backup(vault, tmp_path / "b")

    in_force = PASSPHRASE if meanwhile == "a new key" else OTHER
    with opened_backup(
        tmp_path / "b", vault.files.folder, lambda found: found.open_with_passphrase(in_force)
    ) as backup:
        assert backup.preview().turns == 0


def test_a_clock_before_1980_keeps_nobody_from_a_backup(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ZIP archive knows no such date: of what is in it, and of the copy it is made of."""
    copy = backup_file.snapshot

    def copied_in_1970(
        files: VaultFiles, database: Database, into: VaultFiles, own: OwnEnvelope
    ) -> None:
        copy(files, database, into, own)
        os.utime(into.history, (0, 0))

    monkeypatch.setattr(backup_file, "snapshot", copied_in_1970)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    write_backup(vault, tmp_path / "b")

    with opened_backup(
        tmp_path / "b", vault.files.folder, lambda found: found.open_with_passphrase(PASSPHRASE)
    ) as backup:
        assert backup.preview().turns == 0
