"""What somebody else put beside the copies and the sealed files stays, whatever of ours goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.copies import clear_leftovers, copies_in, safety_copies_in
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.vault_fixtures import PASSPHRASE

AMONG_COPIES = (
    "photo.jpg",
    "2024/photo.jpg",
    "2024/history.db",
    "2024/vault.json",
    "2023.part/history.db",
    "mine.part/photo.jpg",
    "mine.void/photo.jpg",
    "000003 (keep)/history.db",
    "000003 (keep)/vault.json",
)


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"mine")


def are_there(folder: Path, *names: str) -> bool:
    return all((folder / name).read_bytes() == b"mine" for name in names)


def copy_four_times(vault: Vault) -> None:
    for _ in range(4):
        vault.backups.make()


def copy_for_safety_twice(vault: Vault) -> None:
    for _ in range(2):
        vault.backups.make_safety_copy()


def purge(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make()
    vault.backups.make_safety_copy()
    vault.sessions.delete("a")
    vault.sessions.purge("a")
    vault.backups.renew()


def open_again(vault: Vault) -> None:
    vault.close()
    open_with_passphrase(vault.files.folder, PASSPHRASE).close()


EACH = [copy_four_times, copy_for_safety_twice, purge, open_again]


@pytest.mark.parametrize("linked", [False, True], ids=["here", "behind a link"])
@pytest.mark.parametrize("does", EACH)
def test_among_the_copies(
    vault: Vault, tmp_path: Path, does: Callable[[Vault], None], *, linked: bool
) -> None:
    if linked:
        (tmp_path / "disk").mkdir()
        vault.files.backups.symlink_to(tmp_path / "disk")
    put(vault.files.backups, *AMONG_COPIES)

    does(vault)

    assert are_there(vault.files.backups, *AMONG_COPIES)


@pytest.mark.parametrize("does", EACH)
def test_in_the_folder_of_a_copy(vault: Vault, does: Callable[[Vault], None]) -> None:
    names = ["000001.part/a.txt", "before.part/a.txt", "before.old/a.txt", "before.void/a.txt"]
    put(vault.files.backups, *names)

    does(vault)

    assert are_there(vault.files.backups, *names)


def test_in_a_copy_that_grows_old_it_stays_and_no_more(vault: Vault) -> None:
    oldest = vault.backups.make().files
    put(oldest.folder, "note.txt", "album/photo.jpg")

    for _ in range(3):
        vault.backups.make()

    assert are_there(oldest.folder, "note.txt", "album/photo.jpg")
    assert not oldest.exist()
    assert len(copies_in(vault.files.backups)) == 3


def test_in_a_copy_that_is_void_it_has_no_copy_made_again_and_again(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    put(vault.backups.make().files.folder, "note.txt")
    put(vault.backups.make_safety_copy().files.folder, "note.txt")

    for _ in range(2):
        vault.sessions.delete("a")
        vault.sessions.purge("a")
        assert vault.backups.expired
        vault.backups.renew()
        assert not vault.backups.expired
        vault.sessions.add("a", Turn(Role.USER, "一"))
        put(vault.backups.make_safety_copy().files.folder, "note.txt")

    assert len(list(vault.files.backups.glob("*/note.txt"))) == 4


def test_where_a_void_one_keeps_its_name_the_next_void_one_is_known(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make()
    put(vault.files.backups, "000001.void/note.txt")
    with vault.backups.expiring(vault.keys.lasting_dek()) as expire:
        expire()

    assert [copy.files.folder.name for copy in copies_in(vault.files.backups)] == [
        "000001.void.void"
    ]
    assert vault.backups.make().files.folder.name == "000002"


def test_where_it_keeps_the_name_of_a_void_one_the_safety_copy_is_known(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.backups.make_safety_copy()
    put(vault.files.backups, "before.void/note.txt")
    with vault.backups.expiring(vault.keys.lasting_dek()) as expire:
        expire()

    (copy,) = safety_copies_in(vault.files.backups)

    assert copy.files.folder.name == "before.void.void"
    assert [each.files for each in kept_copies(vault.files)] == [copy.files]


def test_where_it_keeps_the_name_a_safety_copy_comes_back_after_a_crash(vault: Vault) -> None:
    safe = vault.backups.make_safety_copy().files
    put(vault.files.backups, "before.old/a.txt")
    safe.folder.rename(vault.files.backups / "before.old.old")

    clear_leftovers(vault.files)

    assert safe.exist()
    assert are_there(vault.files.backups, "before.old/a.txt")


def test_a_link_named_as_what_a_crash_leaves_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    put(tmp_path, "mine/history.db")
    vault.files.backups.mkdir()
    (vault.files.backups / "000001.part").symlink_to(tmp_path / "mine")

    vault.backups.make()

    assert are_there(tmp_path, "mine/history.db")


def test_among_the_sealed_files(vault: Vault) -> None:
    names = ["photo.jpg", "2024/photo.jpg", "notes.part"]
    vault.sessions.add("a", Turn(Role.USER, "在吗"))
    vault.blobs.put("a", "state", b"state")
    put(vault.files.blobs, *names, "0" * 32)

    vault.blobs.sweep()

    assert are_there(vault.files.blobs, *names)
    assert not (vault.files.blobs / ("0" * 32)).exists()
    assert vault.blobs.get("a", "state") == b"state"
