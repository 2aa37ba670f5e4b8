"""A real disk that has room for so many pages and no more: what Python writes is refused as well.

The envelope, sealed files, backups and copies are written without SQLite. Each change is made on a
disk with no page left, then with one, two, … until it gets through; it is then done or not done,
nothing half made is left over, and on a disk with space it gets through. Where that takes long,
some of the pages are tried, and each of them in the slow set.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.copies import copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.errors import DiskFullError, WrongPassphraseError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.import_file import FileRead
from desktop_app.vault.restore import become
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.strides import some_or_each
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

pytestmark = ONLY_ROOT

NEW = "另一个口令 another one"
PAGE = 4096
FILE = MARKER.encode() * 400
Change = Callable[[Vault], object]


@pytest.fixture
def told(vault: Vault) -> Path:
    """The folder of a closed history with a message."""
    vault.sessions.add("a", Turn(Role.USER, MARKER))
    vault.blobs.put("a", "state", b"before")
    vault.close()
    return vault.files.folder


def change_passphrase(vault: Vault) -> None:
    vault.keys.set_passphrase(NEW)


def put_a_file(vault: Vault) -> None:
    vault.blobs.put("a", "state", FILE)


def back_up(vault: Vault) -> None:
    write_backup(vault, vault.files.folder.with_name("backup"))


def copy(vault: Vault) -> None:
    vault.backups.make()


def safety_copy(vault: Vault) -> None:
    vault.backups.make_safety_copy()


def bring_some_in(vault: Vault) -> None:
    coming = tuple(
        CarriedTurn(Role.USER, MARKER * 100, created=number, after=number - 1 if number else None)
        for number in range(4)
    )
    bring_in(vault, FileRead((CarriedSession("new", coming),)))


def purge_and_renew(vault: Vault) -> None:
    """Purge what is in the trash, where that was not done, and renew the copies."""
    vault.sessions.purge(*(each.id for each in vault.sessions.trashed()))
    vault.backups.renew()


def at_every_page(disk: Path, told: Path, change: Callable[[Path], object], every: int) -> int:
    """Make `change` in a copy of `told` until it gets through; return how often it did not."""
    for failed in itertools.count():
        folder = disk / "vault"
        shutil.copytree(told.parent, disk, dirs_exist_ok=True)  # with the copies beside it
        filler = fill(disk, leave=failed * every * PAGE)
        through = False
        with suppress(DiskFullError):
            change(folder)
            through = True
        assert traces(disk) + traces(disk, PASSPHRASE) == []
        filler.unlink()
        check_nothing_half_made(disk, through=through)
        if not through:
            change(folder)
            check_nothing_half_made(disk, through=True)
        for path in disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if through:
            return failed
    raise AssertionError("nobody counts that far")


def check_nothing_half_made(disk: Path, *, through: bool) -> None:
    assert not [path for path in disk.rglob("*") if path.suffix in {".part", ".old"}]
    assert not list(disk.rglob("*.copying*"))
    assert through or not (disk / "backup").exists()
    with opened(disk / "vault") as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == [MARKER]
        assert vault.blobs.get("a", "state") in {b"before", FILE}
        assert len(list(vault.files.blobs.iterdir())) == 1
        brought = [each for each in vault.sessions.kept() if each.id == "new"]
        assert [each.turns for each in brought] in ([], [4])
        held, key = trashed_in(vault.database), vault.keys.dek
    for each in copies_in(VaultFiles(disk / "vault").backups):  # closing renewed what was void
        with Database(each.files.history, key) as database:
            assert database.rows("PRAGMA integrity_check") == [("ok",)]
            assert database.rows("SELECT content FROM turn WHERE session = 'a'") == [(MARKER,)]
            assert trashed_in(database) == held


def trashed_in(database: Database) -> list[tuple[str]]:
    return database.rows("SELECT id FROM session WHERE deleted IS NOT NULL")


def opened(folder: Path) -> Vault:
    try:
        return open_with_passphrase(folder, PASSPHRASE)
    except WrongPassphraseError:
        return open_with_passphrase(folder, NEW)


SOME = {
    change_passphrase: 1,
    put_a_file: 3,
    back_up: 16,
    copy: 12,
    safety_copy: 12,
    bring_some_in: 16,
}
"""Every so many pages is tried, outside the slow set."""


def on_the_disk(change: Change) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        with opened(folder) as vault:
            change(vault)

    return changed


@pytest.mark.parametrize(
    ("change", "every"),
    [
        *(pytest.param(change, some, id=change.__name__) for change, some in SOME.items()),
        *(
            pytest.param(change, 1, marks=pytest.mark.slow, id=f"{change.__name__}-each")
            for change, some in SOME.items()
            if some > 1
        ),
    ],
)
def test_it_is_done_or_not_done(small_disk: Path, told: Path, change: Change, every: int) -> None:
    assert at_every_page(small_disk, told, on_the_disk(change), every) > 0


@some_or_each(12)
def test_a_purge_is_done_in_the_copies_too_or_not_at_all(
    small_disk: Path, told: Path, every: int
) -> None:
    with opened(told) as vault:
        vault.sessions.add("gone", Turn(Role.USER, MARKER * 300))
        vault.sessions.delete("gone")
        vault.backups.make()

    assert at_every_page(small_disk, told, on_the_disk(purge_and_renew), every) > 0


def test_a_key_is_not_half_changed_where_no_file_can_be_made(small_disk: Path, told: Path) -> None:
    """There is space for the log, and none for one more name: `vault.next.json` is refused."""
    folder = Path(shutil.copytree(told, small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        there = len([small_disk, *small_disk.rglob("*")])
        subprocess.run(["mount", "-o", f"remount,nr_inodes={there}", small_disk], check=True)
        with pytest.raises(DiskFullError):
            vault.rotate(passphrase=PASSPHRASE)

        assert not vault.files.next_envelope.exists()
        vault.sessions.add("a", Turn(Role.USER, "二"))

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == [MARKER, "二"]
        assert vault.blobs.get("a", "state") == b"before"


@some_or_each(6)
def test_a_backup_becomes_the_history_or_leaves_none(
    small_disk: Path, told: Path, tmp_path: Path, every: int
) -> None:
    with open_with_passphrase(told, PASSPHRASE) as vault:
        write_backup(vault, tmp_path / "backup")

    def by_passphrase(envelope: Envelope) -> bytes:
        return envelope.open_with_passphrase(PASSPHRASE)

    for leave in itertools.count(0, every * PAGE):
        filler = fill(small_disk, leave=leave)
        through = False
        with suppress(DiskFullError):
            become(tmp_path / "backup", small_disk / "vault", by_passphrase)
            through = True
        assert traces(small_disk) == []
        left = {path.name for path in small_disk.iterdir()} - {"filler", "vault.lock"}
        assert left == ({"vault"} if through else set())
        filler.unlink()
        if through:
            break

    assert leave > 0
    with open_with_passphrase(small_disk / "vault", PASSPHRASE) as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == [MARKER]
