"""Erased, a history is gone with its keys and copies, and a new one can be made."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.vault import erase as erase_module
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.erase import erase, takes_from_keyring
from desktop_app.vault.errors import (
    BusyVaultError,
    CopiesLeftError,
    KeyringAbsentError,
    KeyringError,
    KeysErasedError,
    ReadOnlyVaultError,
    VaultError,
)
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import Vault, open_with_keyring, open_with_passphrase, slots
from tests.support.small_disk import ONLY_ROOT, make_read_only
from tests.support.unreadable import refuse_to_list
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.parent.iterdir()}


def test_nothing_is_left_but_the_empty_lock(closed: Path) -> None:
    copies = closed.with_name("vault.backups")
    shutil.copytree(closed, copies / "000001")
    shutil.copytree(closed, closed.with_name("vault.backups-1") / "000001")
    shutil.copytree(closed, closed.with_name("vault.creating"))
    shutil.copy(closed / "vault.json", closed / "vault.next.json")

    erase(closed, Keychain())

    assert names(closed) == {"vault.lock"}
    assert (closed.parent / "vault.lock").read_bytes() == b""


def test_what_is_not_named_after_it_stays(closed: Path) -> None:
    (closed.parent / "models").mkdir()
    (closed.parent / "vault-notes.txt").write_bytes(b"mine")

    erase(closed, Keychain())

    assert names(closed) == {"models", "vault-notes.txt", "vault.lock"}


@pytest.mark.parametrize("name", ["vault", "我的 [1].history"])
def test_what_somebody_named_after_it_stays_and_is_said(closed: Path, name: str) -> None:
    folder = closed.rename(closed.with_name(name))
    (closed.parent / "vault.lock").unlink(missing_ok=True)
    mine = {f"{name}.{each}" for each in ("soulchat-backup", "kdbx", "backups-2024-5", "copying-")}
    for each in mine:
        folder.with_name(each).write_bytes(b"mine")
    folder.with_name(f"{name}.photos").mkdir()
    (folder.with_name(f"{name}.photos") / "vault.json").write_bytes(b"mine")
    folder.with_name(f"{name}.restoring-abc_0123.lock").write_bytes(b"")
    own = ("creating", "arriving", "copying", "restoring-x_1abcde", "damaged-2", "backups-1")
    for each in own:
        shutil.copytree(folder, folder.with_name(f"{name}.{each}"))

    with pytest.raises(KeysErasedError) as raised:
        erase(folder, Keychain())

    assert all(str(folder.with_name(each)) in str(raised.value) for each in mine)
    assert names(folder) == mine | {f"{name}.photos", f"{name}.lock"}
    assert all(folder.with_name(each).read_bytes() == b"mine" for each in mine)
    assert (folder.with_name(f"{name}.photos") / "vault.json").read_bytes() == b"mine"


PUT_INTO = (
    "vault/photo.jpg",
    "vault/notes.json",
    "vault/blobs/photo.jpg",
    "vault.backups/mine/vault.json",
    "vault.backups/000001/notes.json",
    "vault.backups-1/2024/vault.json",
    "vault.damaged-1/mine/photo.jpg",
)


def test_what_somebody_put_into_its_folders_stays_and_is_said(closed: Path) -> None:
    for each in ("vault.backups/000001", "vault.backups-1/000002", "vault.damaged-1"):
        shutil.copytree(closed, closed.parent / each)
    (closed / "blobs").mkdir()
    (closed / "blobs" / ("0" * 32)).write_bytes(b"sealed")
    for each in PUT_INTO:
        (closed.parent / each).parent.mkdir(exist_ok=True)
        (closed.parent / each).write_bytes(b"mine")

    with pytest.raises(KeysErasedError) as raised:
        erase(closed, Keychain())

    assert files_of(closed.parent) == {*PUT_INTO, "vault.lock"}
    assert all((closed.parent / each).read_bytes() == b"mine" for each in PUT_INTO)
    assert all(str(closed.parent / each.split("/")[0]) in str(raised.value) for each in PUT_INTO)
    with pytest.raises(VaultError, match="移到别处"):
        create(closed, passphrase="another one")


def test_keys_beside_sealed_files_that_cannot_be_read_go(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = closed.with_name("vault.backups") / "000001"
    shutil.copytree(closed, copied)
    (copied / "blobs").mkdir()
    inside = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path.name == "blobs":
            raise PermissionError(errno.EACCES, "refused", str(path))
        return inside(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(KeysErasedError, match="谁也打不开"):
        erase(closed, Keychain())

    assert not (copied / "vault.json").exists()


def test_of_a_backup_that_is_left_it_is_said_that_it_opens(vault: Vault, folder: Path) -> None:
    backup = folder.with_name("vault.soulchat-backup")
    write_backup(vault, backup)
    vault.close()

    with pytest.raises(KeysErasedError, match="当时的口令或恢复码仍能打开") as raised:
        erase(folder, Keychain())

    assert str(backup) in str(raised.value)
    assert "不是本软件放的" not in str(raised.value)


def test_where_only_such_a_name_is_left_there_is_nothing_to_erase(folder: Path) -> None:
    folder.parent.mkdir()
    (folder.parent / "vault.kdbx").write_bytes(b"mine")

    with pytest.raises(VaultError, match="还没有"):
        erase(folder, Keychain())

    assert names(folder) == {"vault.kdbx"}


def test_a_new_history_can_be_made_afterwards(closed: Path) -> None:
    erase(closed, Keychain())

    create(closed, passphrase="another one").close()

    open_with_passphrase(closed, "another one").close()


def test_the_keyring_forgets_its_key(folder: Path, secret_service: Keychain) -> None:
    create(folder, keychain=secret_service).close()
    name = read_envelope(folder / "vault.json").vault

    erase(folder, secret_service)

    with pytest.raises(KeyringAbsentError):
        secret_service.read(name)
    assert slots(folder) == frozenset()


def test_a_locked_keyring_is_said_and_all_is_erased(folder: Path, secret_service: Keychain) -> None:
    create(folder, keychain=secret_service).close()
    lock_default_collection()

    with pytest.raises(KeyringError, match=r"^对话记录已经删除。.*没用的旧密钥") as raised:
        erase(folder, secret_service)
    assert raised.value.sentence("en").startswith("The history is erased. ")

    assert names(folder) == {"vault.lock"}


@pytest.mark.usefixtures("silent_keyring")
def test_a_keyring_that_waits_for_a_person_is_asked_when_all_else_is_erased(
    closed: Path, data_key: bytes
) -> None:
    path = closed / "vault.json"
    write_envelope(path, read_envelope(path).with_keyring(data_key, b"k" * 32, "SecretService"))

    with pytest.raises(KeyringError, match="没用的旧密钥"):
        erase(closed, Keychain(), patience=0.1)

    assert names(closed) == {"vault.lock"}


def test_an_open_history_is_not_erased(vault: Vault, folder: Path) -> None:
    with pytest.raises(BusyVaultError):
        erase(folder, Keychain())

    assert names(folder) >= {"vault"}
    vault.close()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_where_there_is_none_there_is_nothing_to_erase(folder: Path) -> None:
    with pytest.raises(VaultError, match="还没有"):
        erase(folder, Keychain())


@pytest.mark.parametrize("content", [b"", b"{}", b"damaged"])
def test_a_damaged_envelope_does_not_stand_in_the_way(closed: Path, content: bytes) -> None:
    (closed / "vault.json").write_bytes(content)

    erase(closed, Keychain())

    assert names(closed) == {"vault.lock"}


@pytest.mark.parametrize("damage", [lambda whole: whole[:-3], lambda whole: b"?" + whole])
def test_the_keyring_forgets_the_key_that_a_damaged_envelope_still_names(
    folder: Path, secret_service: Keychain, damage: Callable[[bytes], bytes]
) -> None:
    create(folder, keychain=secret_service).close()
    path = folder / "vault.json"
    name = read_envelope(path).vault
    path.write_bytes(damage(path.read_bytes()))

    erase(folder, secret_service)

    with pytest.raises(KeyringAbsentError):
        secret_service.read(name)


def test_a_damaged_envelope_that_names_no_key_is_said_to_perhaps_leave_one(
    folder: Path, secret_service: Keychain
) -> None:
    create(folder, keychain=secret_service).close()
    (folder / "vault.json").write_bytes(b"damaged")

    with pytest.raises(KeyringError, match="“soulchat”"):
        erase(folder, secret_service)

    assert names(folder) == {"vault.lock"}


def test_a_whole_envelope_of_a_copy_tells_that_the_keyring_has_none(
    closed: Path, secret_service: Keychain
) -> None:
    shutil.copytree(closed, closed.with_name("vault.backups") / "000001")
    (closed / "vault.json").write_bytes(b"damaged")

    erase(closed, secret_service)


def test_the_key_of_another_history_stays_in_the_keyring(
    closed: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    create(tmp_path / "other", keychain=secret_service).close()
    shutil.copy(tmp_path / "other" / "vault.json", closed / "vault.other-1.json")

    assert not takes_from_keyring(closed)
    erase(closed, secret_service)

    assert not closed.exists()
    open_with_keyring(tmp_path / "other", secret_service).close()


def test_it_stays_also_where_a_history_with_its_key_file_was_set_aside(
    closed: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    create(tmp_path / "other", keychain=secret_service).close()
    aside = Path(shutil.copytree(closed, closed.with_name("vault.damaged-1")))
    shutil.copy(tmp_path / "other" / "vault.json", aside / "vault.other-1.json")

    assert not takes_from_keyring(closed)
    erase(closed, secret_service)

    assert not aside.exists()
    open_with_keyring(tmp_path / "other", secret_service).close()


def test_it_stays_and_is_said_where_that_key_file_lies_in_place_of_the_one_the_copies_have(
    closed: Path, tmp_path: Path, secret_service: Keychain
) -> None:
    create(tmp_path / "other", keychain=secret_service).close()
    shutil.copytree(closed, closed.with_name("vault.backups") / "000001")
    shutil.copy(tmp_path / "other" / "vault.json", closed / "vault.json")
    name = read_envelope(closed / "vault.json").vault

    assert not takes_from_keyring(closed)
    with pytest.raises(KeyringError, match=f"soulchat {name}"):
        erase(closed, secret_service)

    assert names(closed) == {"vault.lock"}
    open_with_keyring(tmp_path / "other", secret_service).close()


@ONLY_ROOT
def test_a_disk_that_takes_nothing_leaves_it_as_it_is(small_disk: Path) -> None:
    folder = small_disk / "data" / "vault"
    create(folder, passphrase=PASSPHRASE).close()
    whole = (folder / "vault.json").read_bytes()
    make_read_only(small_disk)

    with pytest.raises(ReadOnlyVaultError):
        erase(folder, Keychain())

    assert (folder / "vault.json").read_bytes() == whole


def test_a_full_disk_that_writes_elsewhere_is_erased_all_the_same(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no room to write zeros over the keys, and room is what erasing makes."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(erase_module, "sync_file", full)
    erase(closed, Keychain())

    assert names(closed) == {"vault.lock"}


@pytest.fixture
def unremovable(folder: Path) -> Iterator[Path]:
    """A folder of the vault's that cannot be removed: something is mounted there."""
    place = folder / "blobs"
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@ONLY_ROOT
def test_a_file_that_cannot_be_removed_is_named_and_all_else_is_erased(
    folder: Path, secret_service: Keychain, request: pytest.FixtureRequest
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    name = read_envelope(folder / "vault.json").vault
    unremovable = request.getfixturevalue("unremovable")

    with pytest.raises(KeysErasedError, match="谁也打不开") as raised:
        erase(folder, secret_service)

    assert str(unremovable) in str(raised.value)
    assert "没有动" not in str(raised.value)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    with pytest.raises(KeyringAbsentError):
        secret_service.read(name)


@ONLY_ROOT
def test_what_the_keyring_still_holds_is_said_beside_what_cannot_be_removed(
    folder: Path, secret_service: Keychain, request: pytest.FixtureRequest
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    request.getfixturevalue("unremovable")
    lock_default_collection()

    with pytest.raises(KeysErasedError, match="没用的旧密钥"):
        erase(folder, secret_service)


def test_a_history_on_another_disk_is_erased_there(closed: Path, tmp_path: Path) -> None:
    """Its folder is a link: what it holds goes, and the link, and no more."""
    elsewhere = tmp_path / "elsewhere"
    closed.rename(elsewhere)
    closed.symlink_to(elsewhere)

    erase(closed, Keychain())

    assert names(closed) == {"vault.lock"}
    assert list(elsewhere.iterdir()) == []
    create(closed, passphrase="another one").close()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder of somebody's, which is not the history's alone."""
    disk = tmp_path / "disk"
    (disk / "2024").mkdir(parents=True)
    for name in ("photo.jpg", "notes.json", "2024/photo.jpg", "2024/notes.json"):
        (disk / name).write_bytes(b"mine")
    return disk


def files_of(disk: Path) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}


def test_behind_a_link_of_the_copies_what_is_somebody_elses_is_left_and_said(
    closed: Path, disk: Path
) -> None:
    others = files_of(disk)
    shutil.copytree(closed, disk / "000001")
    (disk / "000001" / "blobs").mkdir()
    (disk / "000001" / "blobs" / ("0" * 32)).write_bytes(b"sealed")
    closed.with_name("vault.backups").symlink_to(disk)

    with pytest.raises(KeysErasedError) as raised:
        erase(closed, Keychain())

    assert str(disk) in str(raised.value)
    assert files_of(disk) == others
    assert all((disk / name).read_bytes() == b"mine" for name in others)
    assert not (disk / "000001").exists()
    assert names(closed) == {"vault.lock"}


def test_behind_a_link_of_the_history_what_is_somebody_elses_is_left(
    closed: Path, disk: Path
) -> None:
    others = files_of(disk)
    shutil.copytree(closed, disk, dirs_exist_ok=True)
    shutil.rmtree(closed)
    closed.symlink_to(disk)

    with pytest.raises(KeysErasedError):
        erase(closed, Keychain())

    assert files_of(disk) == others


def test_where_a_link_leads_that_cannot_be_read_the_keyring_is_asked_nevertheless(
    folder: Path, secret_service: Keychain, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    name = read_envelope(folder / "vault.json").vault
    link = folder.with_name("vault.backups")
    link.symlink_to(disk)
    refuse_to_list(link, monkeypatch)
    with pytest.raises(CopiesLeftError, match="原来的口令") as raised:
        erase(folder, secret_service)

    assert str(link) in str(raised.value)
    with pytest.raises(KeyringAbsentError):
        secret_service.read(name)


def test_cut_short_after_the_first_keys_it_does_not_say_that_nothing_was_touched(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = closed.with_name("vault.backups") / "000001" / "vault.json"
    shutil.copytree(closed, copied.parent)
    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path == copied:
            raise OSError(errno.EIO, "refused", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(VaultError, match="一部分已经删掉了") as raised:
        erase(closed, Keychain())

    assert str(copied) in str(raised.value)
    assert not (closed / "vault.json").exists()


@pytest.mark.parametrize("name", ["vault", "vault.backups", "vault.damaged-1"])
def test_where_a_part_of_it_is_away_nothing_is_erased_and_it_is_said(
    closed: Path, tmp_path: Path, name: str
) -> None:
    """An external disk that is not connected: its keys would stay there, and nobody would know."""
    part, disk = closed.with_name(name), tmp_path / "away"
    if part.exists():
        part.rename(tmp_path / "put away")
    part.symlink_to(disk)
    before = {path.name for path in closed.parent.iterdir()}

    with pytest.raises(VaultError, match="接上以后"):
        erase(closed, Keychain())

    assert {path.name for path in closed.parent.iterdir()} == before


def test_what_cannot_be_removed_is_said_beside_such_a_copy(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = closed.with_name("vault.backups")
    shutil.copytree(closed, copies / "000001")
    refuse_to_list(copies / "000001", monkeypatch)
    history, unlink = closed / "history.db", Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path == history:
            raise OSError(errno.EIO, "refused", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(CopiesLeftError) as raised:
        erase(closed, Keychain())

    assert str(copies / "000001") in str(raised.value)
    assert str(history) in str(raised.value)


def test_a_key_that_a_keyring_still_holds_is_said_beside_such_a_copy(
    folder: Path, secret_service: Keychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    copy = folder.with_name("vault.backups") / "000001"
    shutil.copytree(folder, copy)
    refuse_to_list(copy, monkeypatch)
    lock_default_collection()

    with pytest.raises(CopiesLeftError, match="也还留着一个密钥"):
        erase(folder, secret_service)


def test_a_copy_that_cannot_be_read_hides_no_other_and_nothing_else_that_is_left(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = closed.with_name("vault.backups")
    for number in ("000001", "000002", "000003"):
        shutil.copytree(closed, copies / number)
    saved = closed.with_name("vault.mine")
    saved.write_bytes(b"a backup that somebody saved")
    refuse_to_list(copies / "000002", monkeypatch)

    with pytest.raises(CopiesLeftError) as raised:
        erase(closed, Keychain())

    told = str(raised.value)
    assert str(copies / "000002") in told
    assert str(saved) in told
    monkeypatch.undo()
    assert [path.name for path in copies.iterdir()] == ["000002"]


def test_what_a_kill_left_of_reading_a_backup_goes_with_all_the_rest(closed: Path) -> None:
    scratch = closed.with_name("vault.restoring-abcdefgh")
    scratch.mkdir()
    (scratch / ".history.db.soulchat-part").write_bytes(b"half")

    erase(closed, Keychain())

    assert not scratch.exists()
