"""Copies beside a history that are of another one: the last place of what they hold."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.set_aside import copies_aside
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.damaged_vault import flip_a_byte, opened
from tests.support.two_histories import OTHER
from tests.support.vault_fixtures import PASSPHRASE

DAY = timedelta(days=1).total_seconds()


def said_in_copy(copy: Path, passphrase: str, tmp_path: Path) -> list[str]:
    """Return what a copy holds of conversation "a"; opened elsewhere, so that it stays as it is."""
    folder = Path(shutil.copytree(copy, tmp_path / "looked at" / "vault"))
    with open_with_passphrase(folder, passphrase) as vault:
        found = [turn.turn.content for turn in vault.sessions.turns("a")]
    shutil.rmtree(folder.parent)
    return found


def days_pass(folder: Path, passphrase: str) -> None:
    """Open the history on the next days and speak, which makes a copy on each."""
    for day in range(1, 6):
        now = time.time() + day * DAY
        with open_with_passphrase(folder, passphrase, lambda now=now: now) as vault:
            vault.sessions.add("later", Turn(Role.USER, str(day)))
    assert len(copies_in(VaultFiles(folder).backups)) == 3


@pytest.fixture
def copied(vault: Vault) -> Vault:
    """A history with a daily copy and one from before a restore."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make()
    vault.backups.make_safety_copy()
    return vault


@pytest.mark.slow
def test_a_new_history_never_lets_go_of_the_copies_of_the_one_before(
    copied: Vault, folder: Path, tmp_path: Path
) -> None:
    copied.close()
    shutil.rmtree(folder)
    create(folder, passphrase=OTHER).close()
    days_pass(folder, OTHER)

    (aside,) = copies_aside(VaultFiles(folder))
    copies = sorted(path.name for path in aside.iterdir())
    assert copies == ["000001", "before"]
    for copy in copies:
        assert said_in_copy(aside / copy, PASSPHRASE, tmp_path) == ["一"]


def test_a_new_history_begins_with_no_copy_of_the_one_before(copied: Vault, folder: Path) -> None:
    copied.close()
    shutil.rmtree(folder)

    with create(folder, passphrase=OTHER) as vault:
        assert not vault.files.backups.exists()
        (aside,) = copies_aside(vault.files)
        assert {path.name for path in aside.iterdir()} == {"000001", "before"}


def test_copies_of_another_key_are_set_aside_when_the_history_is_opened(
    copied: Vault, elsewhere: Vault, folder: Path, tmp_path: Path
) -> None:
    """Somebody put the history of another computer in its place."""
    copied.close()
    elsewhere.close()
    shutil.rmtree(folder)
    shutil.copytree(elsewhere.files.folder, folder)

    with open_with_passphrase(folder, OTHER) as vault:
        assert copies_in(vault.files.backups) == ()
        (aside,) = copies_aside(vault.files)
    assert said_in_copy(aside / "000001", PASSPHRASE, tmp_path) == ["一"]
    assert said_in_copy(aside / "before", PASSPHRASE, tmp_path) == ["一"]


def test_a_copy_that_is_ahead_of_the_history_is_set_aside_and_the_others_stay(
    copied: Vault, folder: Path, data_key: bytes, tmp_path: Path
) -> None:
    """Somebody put an older state of the same history in its place."""
    copied.close()
    older = Path(shutil.copytree(folder, tmp_path / "older"))
    with opened(folder, data_key) as vault:
        vault.sessions.add("a", Turn(Role.USER, "二"))
        vault.backups.make()
    shutil.rmtree(folder)
    shutil.copytree(older, folder)

    with opened(folder, data_key) as vault:
        assert [copy.files.folder.name for copy in copies_in(vault.files.backups)] == ["000001"]
        (aside,) = copies_aside(vault.files)

    assert [path.name for path in aside.iterdir()] == ["000002"]
    assert said_in_copy(aside / "000002", PASSPHRASE, tmp_path) == ["一", "二"]


@pytest.mark.parametrize("envelope", ["whole", "damaged"])
def test_its_own_copy_stays_where_it_is_however_damaged(
    copied: Vault, folder: Path, data_key: bytes, envelope: str
) -> None:
    copied.close()
    copies = VaultFiles(folder).backups
    for copy in copies.iterdir():
        flip_a_byte(copy / "history.db", page=1)
        if envelope == "damaged":
            (copy / "vault.json").write_bytes(b"{")

    with opened(folder, data_key) as vault:
        assert copies_aside(vault.files) == []
        assert len(kept_copies(vault.files)) == 2
