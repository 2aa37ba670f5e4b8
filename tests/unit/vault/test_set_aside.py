"""Damaged histories that were set aside, and their copies: they hold what was purged since."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.atomic_file import part_of
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault import backups as backups_module
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.copies import copies_in
from desktop_app.vault.errors import DiskFullError, VaultError, disk_error
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import CopyKind, kept_copies
from desktop_app.vault.pages import Pages
from desktop_app.vault.restore import become
from desktop_app.vault.set_aside import remove_set_aside, set_aside, set_copies_aside
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.damaged_vault import damage_overflow, flip_a_byte
from tests.support.two_histories import by_passphrase, merged, said_in
from tests.support.unreadable import refuse_to_list
from tests.support.vault_disk import MARKER
from tests.support.vault_fixtures import PASSPHRASE

ANOTHER = "另一句口令 battery staple"
LOST = "长" * 4000
"""Fills pages of its own, which hold nothing else."""
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def lost(vault: Vault, folder: Path, data_key: bytes) -> Path:
    """A rescued history with a loss. The copies that have what is lost had become void."""
    vault.sessions.add("a", Turn(Role.USER, LOST))
    vault.sessions.add("a", Turn(Role.USER, "还在"))
    vault.sessions.add("b", Turn(Role.USER, MARKER))
    vault.backups.make_safety_copy()
    vault.backups.make()
    vault.sessions.delete("b")
    vault.sessions.purge("b")
    vault.database.damaged = True  # met before a new copy was made
    damage_overflow(vault)
    assert vault.backups.expired
    with open_rescued(folder, data_key) as rescued:
        assert rescued.sessions.turns("a")[0].state is TurnState.DAMAGED
    return folder


@pytest.fixture
def rescued(vault: Vault, folder: Path, data_key: bytes) -> Path:
    """A history that was rescued, of which a conversation was then purged."""
    vault.sessions.add("gone", Turn(Role.USER, MARKER))
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.close()
    flip_a_byte(folder / "history.db", page=1)
    with open_rescued(folder, data_key) as opened:
        opened.sessions.delete("gone")
        opened.sessions.purge("gone")
    return folder


def test_what_a_rescue_left_is_found_and_holds_what_was_purged(
    rescued: Path, vault: Vault, data_key: bytes
) -> None:
    copies, found = sorted(set_aside(vault.files), key=lambda each: each.path.name, reverse=True)

    assert copies.path == rescued.with_name("vault.backups-1")
    assert found.path in rescued.glob("history.damaged-*.db")
    with Pages(found.path, data_key) as pages:
        assert any(MARKER in str(record.values) for record in pages.records())


def test_a_history_a_backup_took_the_place_of_is_found(rescued: Path, vault: Vault) -> None:
    replaced = rescued.with_name("vault.damaged-1")
    replaced.mkdir()
    (replaced / "vault.json").write_bytes(b"{}")

    assert {each.path.name for each in set_aside(vault.files)} >= {"vault.damaged-1"}
    assert len(set_aside(vault.files)) == 3


def test_removing_leaves_the_history_and_its_copies(rescued: Path, vault: Vault) -> None:
    (found,) = rescued.glob("history.damaged-*.db")
    found.with_name(f"{found.name}-wal").write_bytes(b"its log")
    (rescued.with_name("vault.damaged-1") / "blobs").mkdir(parents=True)
    kept = [rescued / "history.db", rescued / "vault.json", rescued.with_name("vault.backups")]

    remove_set_aside(vault.files)

    assert set_aside(vault.files) == ()
    assert all(path.exists() for path in kept)
    assert not [path for path in rescued.parent.rglob("*") if ".damaged-" in path.name]


@pytest.mark.parametrize("left", ["whole", "part"])
def test_keys_whose_damaged_file_a_person_removed_are_named_and_go_too(
    closed: Path, left: str
) -> None:
    keys = closed / "history.damaged-2026-08-21.json"
    keys = part_of(keys) if left == "part" else keys
    shutil.copy(closed / "vault.json", keys)
    mine = closed / "history.damaged-mine.json"
    mine.write_bytes(b"mine")
    assert [each.path for each in set_aside(VaultFiles(closed))] == [keys]

    remove_set_aside(VaultFiles(closed))

    assert not keys.exists()
    assert mine.exists()


def test_removing_leaves_what_somebody_put_there(closed: Path, tmp_path: Path) -> None:
    disk, another = tmp_path / "disk", tmp_path / "disk" / "another"
    plain, linked = closed.with_name("vault.damaged-1"), closed.with_name("vault.damaged-2")
    for each in (plain, disk, another, closed.with_name("vault.backups-1") / "000001"):
        shutil.copytree(closed, each)
    linked.symlink_to(disk)
    others = [plain / "photo.jpg", disk / "notes.json", plain.with_name("vault.backups-1") / "a"]
    for each in others:
        each.write_bytes(b"mine")

    remove_set_aside(VaultFiles(closed))

    assert set_aside(VaultFiles(closed)) == ()
    assert all(each.read_bytes() == b"mine" for each in others)
    assert not linked.is_symlink()
    assert [VaultFiles(each).exist() for each in (plain, disk, another)] == [False, False, True]
    assert not (closed.with_name("vault.backups-1") / "000001").exists()
    open_with_passphrase(another, PASSPHRASE).close()


@pytest.mark.parametrize("name", ["vault", "我的 [1].history"])
def test_only_what_this_program_named_is_one(closed: Path, name: str) -> None:
    folder = closed.rename(closed.with_name(name))
    files, mine = VaultFiles(folder), folder / "history.damaged-mine.db"
    for each in ("damaged-1", "damaged-of-mine"):
        shutil.copytree(folder, folder.with_name(f"{name}.{each}"))
    mine.write_bytes(b"mine")

    assert [copy.files.folder.name for copy in kept_copies(files)] == [f"{name}.damaged-1"]
    assert [each.path.name for each in set_aside(files)] == [f"{name}.damaged-1"]
    remove_set_aside(files)
    assert mine.exists()
    assert VaultFiles(folder.with_name(f"{name}.damaged-of-mine")).exist()


def test_no_copy_goes_that_may_hold_what_a_rescue_lost(lost: Path) -> None:
    now = 2_000_000_000.0
    for day in range(5):  # more than are kept
        with open_with_passphrase(lost, PASSPHRASE, lambda day=day: now + day * DAY) as vault:
            vault.sessions.add("a", Turn(Role.USER, "新的"))
            vault.sessions.add("c", Turn(Role.USER, "二"))
            vault.sessions.delete("c")
            vault.sessions.purge("c")
    with open_with_passphrase(lost, PASSPHRASE) as vault:
        kept = [copy for copy in kept_copies(vault.files) if "backups-1" in str(copy.files.folder)]

        assert {copy.kind for copy in kept} == {CopyKind.DAILY, CopyKind.BEFORE}
        assert all(merged(copy.files.folder, vault) for copy in kept[:1])
        assert said_in(vault)[0] == LOST
        assert copies_in(vault.files.backups)


def test_copies_that_were_set_aside_follow_the_passphrase(lost: Path) -> None:
    with open_with_passphrase(lost, PASSPHRASE) as vault:
        vault.keys.set_passphrase(ANOTHER)

    for copy in kept_copies(VaultFiles(lost)):
        open_with_passphrase(copy.files.folder, ANOTHER).close()


def test_they_are_named_with_the_damaged_history_and_removed_with_it(lost: Path) -> None:
    names = {each.path.name for each in set_aside(VaultFiles(lost))}
    assert {"vault.backups-1"} == {name for name in names if ".damaged-" not in name}
    assert len(names) == 2

    remove_set_aside(VaultFiles(lost))

    assert not list(lost.parent.glob("vault.backups-*"))


def test_a_backup_that_becomes_the_history_lets_no_copy_go_that_is_ahead_of_it(
    vault: Vault, folder: Path, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    write_backup(vault, tmp_path / "older")
    vault.sessions.add("a", Turn(Role.USER, LOST))
    vault.backups.make()
    vault.close()

    become(tmp_path / "older", folder, by_passphrase)

    with open_with_passphrase(folder, PASSPHRASE) as again:
        for text in ("二", "三", "四"):  # they get the ids that turns had before
            again.sessions.add("b", Turn(Role.USER, text))
        again.sessions.delete("b")
        again.sessions.purge("b")
        again.backups.renew()
    with open_with_passphrase(folder, PASSPHRASE) as again:
        (copy,) = copies_in(folder.with_name("vault.backups-1"))
        assert merged(copy.files.folder, again).new_turns == 1
        assert said_in(again) == ["一", LOST]


def test_a_full_disk_names_what_was_set_aside_and_how_it_goes(rescued: Path) -> None:
    files = VaultFiles(rescued)
    full = OSError(errno.ENOSPC, "full")

    error = disk_error(full, files.history)
    assert "放到一旁的占了 1 MB" in error.sentence()
    assert error.in_terminal().endswith("（soulchat vault copies --remove-set-aside）。")

    remove_set_aside(files)
    assert "放到一旁" not in disk_error(full, files.history).in_terminal()


REFUSED: dict[str, tuple[object, str, Callable[[Vault, Path], object]]] = {
    "daily": (backups_module, "sync_folder", lambda vault, _: vault.backups.make()),
    "before": (backups_module, "sync_folder", lambda vault, _: vault.backups.make_safety_copy()),
    "void": (Path, "rename", lambda vault, _: vault.sessions.purge("gone")),
    "unpacked": (tempfile, "mkdtemp", lambda vault, path: merged(path, vault)),
}
"""What the system refuses, in which way of making a copy or looking into one."""


@pytest.mark.parametrize("copy", REFUSED)
def test_a_disk_that_is_full_for_a_copy_names_it_too(
    rescued: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    refuses, name, act = REFUSED[copy]
    with open_with_passphrase(rescued, PASSPHRASE) as vault:
        write_backup(vault, tmp_path / "b")
        vault.sessions.add("gone", Turn(Role.USER, "二"))
        vault.sessions.delete("gone")
        with monkeypatch.context() as patched:
            patched.setattr(refuses, name, full)
            with pytest.raises(DiskFullError) as raised:
                act(vault, tmp_path / "b")

    assert "放到一旁的占了 1 MB" in raised.value.sentence()


def test_a_size_is_that_of_all_that_goes(rescued: Path, vault: Vault) -> None:
    (found,) = rescued.glob("history.damaged-*.db")
    found.with_name(f"{found.name}-wal").write_bytes(bytes(1000))
    (aside,) = (each for each in set_aside(vault.files) if each.path == found)

    assert aside.size == found.stat().st_size + 1000


def test_what_somebody_named_like_it_is_none_of_them(rescued: Path, vault: Vault) -> None:
    mine = [rescued.with_name(f"vault.{name}") for name in ("backups-of-mine", "damaged-by-me")]
    for folder in mine:
        (folder / "000001").mkdir(parents=True)
        for name in ("history.db", "vault.json", "000001/history.db", "000001/vault.json"):
            (folder / name).write_bytes(b"mine")

    found = {each.path for each in set_aside(vault.files)}
    remove_set_aside(vault.files)

    assert found.isdisjoint(mine)
    assert all((folder / "000001" / "history.db").read_bytes() == b"mine" for folder in mine)


def test_what_is_away_is_not_taken_for_removed(closed: Path, tmp_path: Path) -> None:
    link = closed.with_name("vault.backups-1")
    link.symlink_to(tmp_path / "away")

    with pytest.raises(VaultError, match="接上以后"):
        remove_set_aside(VaultFiles(closed))

    assert link.is_symlink()


def test_copies_that_are_away_are_set_aside_beside_those_that_were_so_before(
    closed: Path, tmp_path: Path
) -> None:
    """A link to nowhere is there all the same: another in its place would be the loss of it."""
    copies = closed.with_name("vault.backups")
    for disk in ("one", "two"):
        copies.symlink_to(tmp_path / disk)
        set_copies_aside(VaultFiles(closed))
        assert not copies.is_symlink()

    aside = [copies.with_name(f"vault.backups-{number}").readlink() for number in (1, 2)]
    assert aside == [tmp_path / "one", tmp_path / "two"]


def test_a_history_can_be_rescued_twice_though_its_copies_are_away(
    vault: Vault, data_key: bytes, tmp_path: Path
) -> None:
    folder = vault.files.folder
    vault.sessions.add("a", Turn(Role.USER, LOST))
    vault.close()
    for disk in ("one", "two"):
        shutil.rmtree(VaultFiles(folder).backups, ignore_errors=True)
        VaultFiles(folder).backups.symlink_to(tmp_path / disk)
        with open_rescued(folder, data_key) as rescued:
            assert [each.id for each in rescued.sessions.kept()] == ["a"]
            rescued.database.give_up()


@pytest.mark.parametrize("how", ["half a copy", "unreadable", "away"])
def test_copies_set_aside_that_nobody_can_look_into_are_named_too(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    aside = closed.with_name("vault.backups-1")
    if how == "away":
        aside.symlink_to(tmp_path / "away")
    else:
        (aside / "000001").mkdir(parents=True)
        (aside / "000001" / "history.db").write_bytes(b"noise")
    if how == "unreadable":
        refuse_to_list(aside, monkeypatch)

    assert [each.path for each in set_aside(VaultFiles(closed))] == [aside]


def test_half_a_copy_that_was_set_aside_is_removed(closed: Path) -> None:
    aside = closed.with_name("vault.backups-1")
    (aside / "000001").mkdir(parents=True)
    (aside / "000001" / "history.db").write_bytes(b"noise")

    remove_set_aside(VaultFiles(closed))

    assert not aside.exists()


def test_a_folder_without_copies_is_not_named(closed: Path) -> None:
    closed.with_name("vault.backups-1").mkdir()

    assert set_aside(VaultFiles(closed)) == ()
