"""Copies that only a keyring opens are not lost by taking the keyring away."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.set_aside import copies_aside, remove_set_aside, set_copies_aside
from desktop_app.vault.strange_copies import NOTED
from desktop_app.vault.vault import Vault, open_with_keyring
from tests.support.vault_fixtures import PASSPHRASE


class PlainKeyring(KeyringBackend):
    """Keeps what it is given, and counts how often it is asked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[str, str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        assert service
        self.asked += 1
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        assert service
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        assert service
        del self.kept[username]


@pytest.fixture
def keyring() -> PlainKeyring:
    return PlainKeyring()


@pytest.fixture
def vault(folder: Path, keyring: PlainKeyring) -> Vault:
    """A history that the keyring alone opened, with a copy set aside from then; a passphrase now.

    The data key was changed since, so that the copy does not follow.
    """
    vault = create(folder, keychain=Keychain(keyring))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make()
    set_copies_aside(vault.files)
    vault.rotate(keychain=Keychain(keyring))
    vault.keys.set_passphrase(PASSPHRASE)
    return vault


def test_the_keyring_is_not_given_up_before_the_copies_only_it_opens(
    vault: Vault, keyring: PlainKeyring
) -> None:
    (aside,) = copies_aside(vault.files)
    with vault, pytest.raises(VaultError, match="只有它打得开") as raised:
        vault.keys.take_out_of(Keychain(keyring))

    assert str(aside / "000001") in raised.value.sentence()
    assert vault.keys.envelope().slots() == {SlotKind.KEYRING, SlotKind.PASSPHRASE}
    open_with_keyring(aside / "000001", Keychain(keyring)).close()


def test_once_they_are_removed_it_is_given_up(vault: Vault, keyring: PlainKeyring) -> None:
    with vault:
        remove_set_aside(vault.files)
        vault.keys.take_out_of(Keychain(keyring))

        assert vault.keys.envelope().slots() == {SlotKind.PASSPHRASE}
    assert keyring.kept == {}


def test_a_history_set_aside_while_its_key_was_changed_counts_by_its_next_key_file(
    vault: Vault, keyring: PlainKeyring
) -> None:
    (aside,) = copies_aside(vault.files)
    damaged = VaultFiles(vault.files.folder.with_name("vault.damaged-1"))
    (aside / "000001").rename(damaged.folder)
    damaged.envelope.rename(damaged.next_envelope)
    with vault, pytest.raises(VaultError, match="damaged-1"):
        vault.keys.take_out_of(Keychain(keyring))


def test_where_what_was_set_aside_is_away_the_keyring_is_not_given_up(
    vault: Vault, keyring: PlainKeyring, tmp_path: Path
) -> None:
    (aside,) = copies_aside(vault.files)
    aside.rename(tmp_path / "away")
    aside.symlink_to(tmp_path / "disk")
    with vault, pytest.raises(VaultError, match="看不了"):
        vault.keys.take_out_of(Keychain(keyring))

    assert keyring.kept


@pytest.mark.parametrize("known", [True, False], ids=["strange ones away", "own ones away"])
def test_where_copies_of_another_history_are_away_the_keyring_is_not_given_up(
    vault: Vault, keyring: PlainKeyring, tmp_path: Path, known: bool
) -> None:
    with vault:
        remove_set_aside(vault.files)
        if known:
            with vault.database.transaction():
                values = (f"{NOTED}000001", 1)
                vault.database.rows("INSERT INTO setting(name, value) VALUES (?, ?)", values)
        assert not vault.files.backups.exists()
        vault.files.backups.symlink_to(tmp_path / "disk")
        with pytest.raises(VaultError, match="看不了") if known else nullcontext():
            vault.keys.take_out_of(Keychain(keyring))

    assert bool(keyring.kept) is known


def test_copies_that_a_key_lost_before_opened_do_not_hold_it(
    vault: Vault, keyring: PlainKeyring
) -> None:
    with vault:
        keyring.kept.clear()
        vault.keys.keep_in(Keychain(keyring))
        vault.keys.take_out_of(Keychain(keyring))
    assert keyring.kept == {}


def test_where_all_copies_follow_the_keyring_is_asked_no_oftener(
    vault: Vault, keyring: PlainKeyring
) -> None:
    with vault:
        remove_set_aside(vault.files)
        vault.backups.make()
        set_copies_aside(vault.files)
        keyring.asked = 0
        vault.keys.take_out_of(Keychain(keyring))
    assert keyring.asked == 1


def test_it_is_not_given_up_before_a_damaged_history_that_only_it_opens(
    folder: Path, keyring: PlainKeyring
) -> None:
    with create(folder, keychain=Keychain(keyring)) as vault:
        damaged = folder / "history.damaged-2026-08-21.db"
        shutil.copy(vault.files.history, damaged)
        vault.rotate(keychain=Keychain(keyring))
        vault.keys.set_passphrase(PASSPHRASE)
        with pytest.raises(VaultError, match="只有它打得开") as raised:
            vault.keys.take_out_of(Keychain(keyring))

    assert str(damaged.with_suffix(".json")) in raised.value.sentence()


def test_nor_before_one_within_a_history_that_was_set_aside(
    folder: Path, keyring: PlainKeyring
) -> None:
    aside = folder.with_name("vault.damaged-1")
    with create(folder, keychain=Keychain(keyring)) as vault:
        shutil.copytree(folder, aside)
        damaged = aside / "history.damaged-2026-08-21.db"
        shutil.copy(vault.files.history, damaged)
        (aside / "vault.json").rename(damaged.with_suffix(".json"))
        vault.keys.set_passphrase(PASSPHRASE)
        with pytest.raises(VaultError, match="取不出更多") as raised:
            vault.keys.take_out_of(Keychain(keyring))

    assert str(damaged.with_suffix(".json")) in raised.value.sentence()
