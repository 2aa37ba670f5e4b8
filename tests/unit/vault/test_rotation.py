"""A new data key: everything is there, the earlier key opens nothing, and halves are ended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import blobs as blobs_module
from desktop_app.vault import rotation
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import (
    DamagedHistoryError,
    DiskFullError,
    KeyringError,
    KeyringLockedError,
    KeyringUnavailableError,
    VaultError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.peek import newest_turn, pages_opened
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import SEALED_BYTES, new_key, unseal
from desktop_app.vault.vault import (
    Vault,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
)
from tests.support.damaged_vault import flip_a_byte
from tests.support.raising import raising
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection

SAID = Turn(Role.USER, "在吗")


def said(vault: Vault) -> list[str]:
    with vault:
        return [stored.turn.content for stored in vault.sessions.turns("a")]


def test_everything_is_there_under_the_new_key(vault: Vault, folder: Path, data_key: bytes) -> None:
    vault.sessions.add("a", SAID)
    vault.rotate(passphrase=PASSPHRASE)
    vault.sessions.add("a", Turn(Role.USER, "后来"))
    vault.close()

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗", "后来"]
    with pytest.raises(DamagedHistoryError):
        Database(folder / "history.db", data_key)
    assert {path.name for path in folder.iterdir()} == {"vault.json", "history.db"}


def test_no_copy_opens_with_the_earlier_key(vault: Vault, folder: Path, data_key: bytes) -> None:
    vault.sessions.add("a", SAID)
    vault.backups.make()
    vault.backups.make_safety_copy()
    vault.rotate(passphrase=PASSPHRASE)

    (copy,) = kept_copies(vault.files)
    assert newest_turn(copy.files.history, data_key) is None
    assert len(list(folder.parent.rglob("history.db"))) == 2
    assert said(open_with_passphrase(copy.files.folder, PASSPHRASE)) == ["在吗"]


def test_no_damaged_copy_keeps_the_earlier_key(vault: Vault, data_key: bytes) -> None:
    """What can be read of one can be read with that key."""
    vault.sessions.add("a", SAID)
    damaged = vault.backups.make().files.folder
    flip_a_byte(damaged / "history.db", page=1)

    vault.rotate(passphrase=PASSPHRASE)

    (copy,) = kept_copies(vault.files)
    assert copy.files.folder != damaged
    assert not damaged.exists()
    assert pages_opened(copy.files.history, data_key) == 0


def test_a_copy_that_is_ahead_of_the_history_outlives_the_change(
    vault: Vault, folder: Path
) -> None:
    """As after a backup took the place of a damaged history: the copy alone has the rest."""
    vault.sessions.add("a", SAID)
    shutil.copytree(folder, folder.with_name("earlier"))
    vault.sessions.add("a", Turn(Role.USER, "后来"))
    vault.backups.make()
    vault.close()
    shutil.rmtree(folder)
    folder.with_name("earlier").rename(folder)

    with open_with_passphrase(folder, PASSPHRASE) as behind:
        behind.rotate(passphrase=PASSPHRASE)
        (copy,) = kept_copies(behind.files)

    assert said(open_with_passphrase(copy.files.folder, PASSPHRASE)) == ["在吗", "后来"]


def test_a_disk_without_room_for_a_copy_changes_the_key_and_says_what_is_left(
    vault: Vault, folder: Path
) -> None:
    vault.sessions.add("a", SAID)
    copy = vault.backups.make()
    in_the_way = vault.files.backups / "000002.part"
    in_the_way.write_bytes(b"")
    with pytest.raises(VaultError, match="副本暂时没能跟着换"):
        vault.rotate(passphrase=PASSPHRASE)
    assert [kept.files.history.exists() for kept in kept_copies(vault.files)] == [True]
    in_the_way.unlink()
    vault.close()

    open_with_passphrase(folder, PASSPHRASE).close()

    (renewed,) = copies_in(VaultFiles(folder).backups)
    assert renewed.files.folder != copy.files.folder
    assert said(open_with_passphrase(renewed.files.folder, PASSPHRASE)) == ["在吗"]


def test_the_keys_of_sessions_settle_after_a_change_that_was_cut_short(
    vault: Vault, folder: Path
) -> None:
    vault.sessions.add("a", SAID)
    vault.blobs.put("a", "state", b"state")
    vault.session_keys.renew_for(new_key())
    vault.close()

    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert again.database.rows("SELECT length(key) FROM session") == [(SEALED_BYTES,)]
        assert again.blobs.get("a", "state") == b"state"


def test_no_key_of_before_opens_what_is_sealed_afterwards(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    """Whoever has an older backup and its passphrase has the data key and all that it sealed."""
    vault.sessions.add("a", SAID)
    vault.blobs.put("a", "state", b"before")
    write_backup(vault, folder.parent / "seen.soulchat-backup")
    seen = vault.session_keys.key("a")
    vault.rotate(passphrase=PASSPHRASE)
    vault.blobs.put("a", "state", b"after")

    (file,) = vault.files.blobs.iterdir()
    tied_to = f"{vault.session_keys.context('a')}/blob/state/{file.name}"
    assert vault.blobs.get("a", "state") == b"after"
    for key in (seen, data_key):
        assert unseal(file.read_bytes(), key, tied_to) is None


def test_what_was_sealed_before_is_there_no_more(vault: Vault, folder: Path) -> None:
    """It is a cache; and a conversation that has none goes on."""
    vault.sessions.add("a", SAID)
    vault.blobs.put("a", "state", b"before")
    vault.rotate(passphrase=PASSPHRASE)

    assert vault.blobs.get("a", "state") is None
    assert list(vault.files.blobs.iterdir()) == []
    vault.close()
    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert again.blobs.get("a", "state") is None


def test_what_is_sealed_while_the_key_changes_is_sealed_by_the_new_one(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.sessions.add("a", SAID)
    sealing, keys = blobs_module.seal, []

    def slowly(content: bytes, key: bytes, tied_to: str) -> bytes:
        keys.append(key)
        if len(keys) == 1:
            vault.rotate(passphrase=PASSPHRASE)
        return sealing(content, key, tied_to)

    monkeypatch.setattr(blobs_module, "seal", slowly)
    vault.blobs.put("a", "state", b"state")

    assert keys == [keys[0], vault.session_keys.key("a")]
    assert keys[0] != keys[1]
    assert vault.blobs.get("a", "state") == b"state"
    assert len(list(vault.files.blobs.iterdir())) == 1


def test_every_way_still_opens(folder: Path, secret_service: Keychain) -> None:
    code = RecoveryCode.new()
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        vault.keys.set_recovery(code)
        vault.sessions.add("a", SAID)
        vault.rotate(passphrase=PASSPHRASE, code=code, keychain=secret_service)

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗"]
    assert said(open_with_keyring(folder, secret_service)) == ["在吗"]
    assert said(open_with_recovery(folder, code.text())) == ["在吗"]


def test_a_new_sheet_replaces_the_earlier_one(vault: Vault, folder: Path) -> None:
    first, second = RecoveryCode.new(), RecoveryCode.new()
    vault.keys.set_recovery(first)
    vault.rotate(passphrase=PASSPHRASE, code=second)
    vault.close()

    open_with_recovery(folder, second.text()).close()
    with pytest.raises(WrongRecoveryCodeError):
        open_with_recovery(folder, first.text())


def test_another_passphrase_changes_nothing(vault: Vault, folder: Path, data_key: bytes) -> None:
    with pytest.raises(WrongPassphraseError):
        vault.rotate(passphrase="another")

    assert vault.keys.dek == data_key
    vault.close()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_each_way_has_to_be_given(folder: Path, secret_service: Keychain) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        vault.keys.set_recovery(RecoveryCode.new())
        for given, wanted in (
            ({}, "密钥环"),
            ({"keychain": secret_service}, "口令"),
            ({"keychain": secret_service, "passphrase": PASSPHRASE}, "恢复码"),
        ):
            with pytest.raises(VaultError, match=wanted):
                vault.rotate(**given)  # type: ignore[arg-type]


def test_a_locked_keyring_changes_nothing(folder: Path, secret_service: Keychain) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        lock_default_collection()
        with pytest.raises(KeyringLockedError):
            vault.rotate(passphrase=PASSPHRASE, keychain=secret_service)

    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_locked_keyring_is_to_be_unlocked_and_no_passphrase_is_asked_for(
    folder: Path, secret_service: Keychain
) -> None:
    """The history is open: what a page that unlocks would say is no way on."""
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        lock_default_collection()
        with pytest.raises(KeyringLockedError) as told:
            vault.rotate(passphrase=PASSPHRASE, keychain=secret_service)

    assert told.value.key == "vault.rotation_keyring"


@pytest.mark.parametrize(
    ("kept", "key"),
    [
        (None, "vault.rotation_keyring_lost"),
        (b"k" * 32, "vault.rotation_keyring_lost"),
        (KeyringUnavailableError("vault.keyring_unavailable"), "vault.rotation_keyring_unusable"),
    ],
    ids=["gone", "another", "unusable"],
)
def test_a_keyring_that_does_not_give_its_key_changes_nothing_and_has_a_way_on(
    folder: Path,
    secret_service: Keychain,
    monkeypatch: pytest.MonkeyPatch,
    kept: bytes | Exception | None,
    key: str,
) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        before = vault.keys.envelope()
        match kept:
            case None:
                secret_service.delete(before.vault)
            case bytes():
                secret_service.store(before.vault, kept)
            case _:
                monkeypatch.setattr(secret_service, "read", raising(kept))
        with pytest.raises(KeyringError) as told:
            vault.rotate(passphrase=PASSPHRASE, keychain=secret_service)
        assert told.value.key == key
        assert vault.keys.envelope() == before


@ONLY_ROOT
def test_a_disk_without_room_for_it_is_refused_before_anything_is_written(
    small_disk: Path,
) -> None:
    folder = small_disk / "data" / "vault"
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
        filler = fill(small_disk, leave=100_000)
        with pytest.raises(DiskFullError):
            vault.rotate(passphrase=PASSPHRASE)
        filler.unlink()
        vault.sessions.add("a", SAID)

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗", "在吗"]


@ONLY_ROOT
def test_a_disk_that_fills_up_meanwhile_leaves_the_old_key(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "SPARE_BYTES", -(2**20))
    folder = small_disk / "data" / "vault"
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
        vault.database.checkpoint()
        filler = fill(small_disk, leave=20_000)
        with pytest.raises(DiskFullError):
            vault.rotate(passphrase=PASSPHRASE)
        assert not (folder / "vault.next.json").exists()
        filler.unlink()
        vault.sessions.add("a", SAID)
        vault.rotate(passphrase=PASSPHRASE)

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗", "在吗"]


def test_cut_short_before_the_history_the_old_key_stays(vault: Vault, folder: Path) -> None:
    vault.sessions.add("a", SAID)
    vault.close()
    found = read_envelope(folder / "vault.json")
    other = Envelope(found.vault).with_passphrase(new_key(), PASSPHRASE)
    write_envelope(folder / "vault.next.json", other)

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗"]
    assert read_envelope(folder / "vault.json") == found
    assert not (folder / "vault.next.json").exists()


def test_cut_short_after_the_history_the_new_key_stays(vault: Vault, folder: Path) -> None:
    vault.sessions.add("a", SAID)
    code, new_code = RecoveryCode.new(), RecoveryCode.new()
    vault.keys.set_recovery(code)
    old = vault.keys.envelope()
    vault.rotate(passphrase=PASSPHRASE, code=new_code)
    vault.close()
    (folder / "vault.json").rename(folder / "vault.next.json")
    write_envelope(folder / "vault.json", old)

    with pytest.raises(WrongRecoveryCodeError):
        open_with_recovery(folder, code.text())
    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(folder, "another")
    assert (folder / "vault.next.json").exists()

    assert said(open_with_recovery(folder, new_code.text())) == ["在吗"]
    assert not (folder / "vault.next.json").exists()
    open_with_passphrase(folder, PASSPHRASE).close()


@pytest.mark.parametrize("reached", ["the old key", "the new key"])
def test_cut_short_and_damaged_besides_it_is_rescued_with_the_key_it_has(
    vault: Vault, folder: Path, reached: str
) -> None:
    vault.sessions.add("a", SAID)
    vault.close()
    before = Path(shutil.copytree(folder, folder.with_name("before")))
    with open_with_passphrase(folder, PASSPHRASE) as again:
        again.rotate(passphrase=PASSPHRASE)
    (folder / "vault.json").rename(folder / "vault.next.json")
    shutil.copyfile(before / "vault.json", folder / "vault.json")
    if reached == "the old key":
        shutil.copyfile(before / "history.db", folder / "history.db")
    flip_a_byte(folder / "history.db", page=1)

    with pytest.raises(DamagedHistoryError):
        open_with_passphrase(folder, PASSPHRASE)
    assert said(open_with_passphrase(folder, PASSPHRASE, rescues=True)) == ["在吗"]

    assert not (folder / "vault.next.json").exists()
    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗"]


def test_a_damaged_history_loses_neither_envelope(vault: Vault, folder: Path) -> None:
    vault.close()
    next_one = Envelope(read_envelope(folder / "vault.json").vault)
    write_envelope(folder / "vault.next.json", next_one.with_passphrase(new_key(), PASSPHRASE))
    (folder / "history.db").write_bytes(b"?" * 8192)

    with pytest.raises(DamagedHistoryError):
        open_with_passphrase(folder, PASSPHRASE)

    assert {path.name for path in folder.iterdir()} >= {"vault.json", "vault.next.json"}


def test_a_damaged_next_envelope_is_the_loser_where_the_old_key_opens(
    vault: Vault, folder: Path
) -> None:
    vault.close()
    (folder / "vault.next.json").write_bytes(b"{")

    open_with_passphrase(folder, PASSPHRASE).close()

    assert not (folder / "vault.next.json").exists()
