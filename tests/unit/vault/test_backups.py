"""The last three copies, made by themselves."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desktop_app import atomic_file
from desktop_app.dialogue import Role, Turn
from desktop_app.errors import KnownError
from desktop_app.vault.backups import Backups
from desktop_app.vault.copies import copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.errors import (
    BusyVaultError,
    DamagedHistoryError,
    DiskFullError,
    GivenUpError,
    SessionMissingError,
    VaultError,
    WrongPassphraseError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.restore import become
from desktop_app.vault.strange_copies import StrangeCopies
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.two_histories import by_passphrase
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

ANOTHER = "另一句口令 battery staple"
DAY = timedelta(days=1).total_seconds()


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def strange_copies(vault: Vault) -> StrangeCopies:
    return StrangeCopies(vault.files, vault.database, vault.keys.dek)


@pytest.fixture
def backups(vault: Vault, clock: Clock) -> Backups:
    return Backups(vault.files, vault.database, clock, strange_copies(vault), vault.own_envelope)


def said_in(folder: Path, passphrase: str = PASSPHRASE) -> list[str]:
    with open_with_passphrase(folder, passphrase) as vault:
        return [turn.turn.content for turn in vault.sessions.turns("a")]


def test_a_copy_is_a_whole_vault_that_the_same_passphrase_opens(
    vault: Vault, backups: Backups
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    copy = backups.make()
    vault.sessions.add("a", Turn(Role.USER, "二"))

    assert said_in(copy.files.folder) == ["一"]


@pytest.mark.parametrize("make", ["make", "make_safety_copy"])
def test_the_folder_of_the_copies_has_its_name_on_the_disk(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, make: str
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(atomic_file, "sync_folder", synced.append)
    for _ in range(2):
        getattr(vault.backups, make)()

    assert synced == [vault.files.backups.parent]


def test_a_day_has_one(backups: Backups, vault: Vault, clock: Clock) -> None:
    for _ in range(30):
        backups.make_if_due()
        clock.now += DAY / 10

    assert [copy.files.folder.name for copy in copies_in(vault.files.backups)] == [
        "000001",
        "000002",
        "000003",
    ]


def test_three_are_kept_and_they_are_the_newest(
    backups: Backups, vault: Vault, clock: Clock
) -> None:
    for number in range(5):
        vault.sessions.add("a", Turn(Role.USER, str(number)))
        backups.make_if_due()
        clock.now += DAY

    assert len(list(vault.files.backups.iterdir())) == 3
    assert [said_in(copy.files.folder)[-1] for copy in copies_in(vault.files.backups)] == [
        "2",
        "3",
        "4",
    ]


def test_a_clock_set_back_neither_stops_them_nor_takes_the_newest_away(
    backups: Backups, vault: Vault, clock: Clock
) -> None:
    for number in range(4):
        vault.sessions.add("a", Turn(Role.USER, str(number)))
        backups.make_if_due()
        clock.now -= 10 * DAY

    assert [said_in(copy.files.folder)[-1] for copy in copies_in(vault.files.backups)] == [
        "1",
        "2",
        "3",
    ]


def test_closing_a_history_in_which_something_was_said_makes_one(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))

    (copy,) = copies_in(VaultFiles(closed).backups)
    assert said_in(copy.files.folder) == ["一"]


def test_looking_at_a_history_makes_none(closed: Path) -> None:
    open_with_passphrase(closed, PASSPHRASE).close()

    assert not VaultFiles(closed).backups.exists()


def test_they_are_encrypted_and_their_owners_alone(vault: Vault, backups: Backups) -> None:
    vault.sessions.add("a", Turn(Role.USER, MARKER))
    backups.make()

    folder = vault.files.backups
    assert traces(folder) == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in folder.glob("*/*")} == {0o600}


def test_what_a_crash_left_of_one_is_cleared_and_never_taken_for_one(
    vault: Vault, backups: Backups
) -> None:
    half = vault.files.backups / "000001.part"
    half.mkdir(parents=True)
    (half / "history.db").write_bytes(b"half")
    (vault.files.backups / "000004").mkdir()

    copy = backups.make()

    assert copies_in(vault.files.backups) == (copy,)
    assert list(vault.files.backups.iterdir()) == [copy.files.folder]


def test_after_the_last_number_of_six_digits_there_are_copies_all_the_same(
    vault: Vault, backups: Backups
) -> None:
    mine = vault.files.backups / "999999" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    for _ in range(5):
        backups.make()

    numbers = [copy.files.folder.name for copy in copies_in(vault.files.backups)]
    assert numbers == ["1000002", "1000003", "1000004"]
    assert mine.exists()


def test_a_folder_that_a_person_named_after_a_day_is_none_of_them(
    vault: Vault, backups: Backups
) -> None:
    mine = Path(shutil.copytree(vault.files.folder, vault.files.backups / "20260821"))
    for _ in range(5):
        backups.make()

    assert VaultFiles(mine).exist()
    assert [copy.files.folder.name for copy in copies_in(vault.files.backups)][-1] == "000005"


def test_a_damaged_history_does_not_replace_its_copies(
    vault: Vault, backups: Backups, data_key: bytes
) -> None:
    for number in range(300):
        vault.sessions.add("a", Turn(Role.USER, f"{number}" * 300))
    copy = backups.make()
    vault.database.checkpoint()
    content = bytearray(vault.files.history.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = vault.files.history.with_name("damaged.db")
    damaged.write_bytes(content)

    with Database(damaged, data_key) as database, pytest.raises(DamagedHistoryError):
        Backups(vault.files, database, time.time, strange_copies(vault), vault.own_envelope).make()

    assert copies_in(vault.files.backups) == (copy,)
    assert list(vault.files.backups.iterdir()) == [copy.files.folder]


@ONLY_ROOT
def test_a_full_disk_keeps_the_older_copies(small_disk: Path, closed: Path) -> None:
    folder = Path(shutil.copytree(closed, small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "一"))
        copy = vault.backups.make()
        filler = fill(small_disk)
        with pytest.raises(DiskFullError):
            vault.backups.make()
        filler.unlink()

        assert copies_in(vault.files.backups) == (copy,)
        assert list(vault.files.backups.iterdir()) == [copy.files.folder]


def refused_purge(vault: Vault) -> None:
    with pytest.raises(SessionMissingError):
        vault.sessions.purge("nobody knows it")


def refused_key(vault: Vault) -> None:
    vault.database.give_up()
    with pytest.raises(GivenUpError):
        vault.rotate(passphrase=PASSPHRASE)


@pytest.mark.parametrize("refused", [refused_purge, refused_key])
def test_what_is_refused_costs_no_copy(vault: Vault, refused: Callable[[Vault], None]) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    daily, safe = vault.backups.make(), vault.backups.make_safety_copy()
    refused(vault)
    vault.close()

    assert not vault.backups.expired
    assert daily.files.exist()
    assert safe.files.exist()


def test_a_safety_copy_whose_keys_change_leaves_the_last_one_which_follows(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, rename = safety_copy(vault), Path.rename

    def named(path: Path, target: Path) -> Path:
        if path.name == "before.part":
            vault.keys.set_passphrase(ANOTHER)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", named)
    with pytest.raises(BusyVaultError):
        vault.backups.make_safety_copy()

    assert said_in(earlier, ANOTHER) == ["一"]
    with pytest.raises(WrongPassphraseError):
        said_in(earlier)


def test_a_safety_copy_that_cannot_be_named_leaves_the_last_one(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, rename = safety_copy(vault), Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "before.part":
            raise OSError(errno.EIO, "refused")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(VaultError):
        vault.backups.make_safety_copy()

    assert said_in(earlier) == ["一"]


def safety_copy(vault: Vault) -> Path:
    """Make one, and change the history after it."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    earlier = vault.backups.make_safety_copy().files.folder
    vault.sessions.add("a", Turn(Role.USER, "二"))
    return earlier


@pytest.fixture
def refused(vault: Vault) -> Path:
    """Where the copies should lie, a file: none can be made."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.files.backups.write_bytes(b"")
    vault.close()
    return vault.files.folder


def of_copies(vault: Vault) -> list[KnownError]:
    return [each for each in vault.notices if each.key == "vault.copies_failing"]


def test_that_copies_fail_is_said_at_the_next_opening_and_until_one_is_made(
    refused: Path, clock: Clock
) -> None:
    since = clock.now
    for _ in range(3):
        clock.now += DAY
        with open_with_passphrase(refused, PASSPHRASE, clock) as vault:
            (notice,) = of_copies(vault)
            vault.sessions.add("a", Turn(Role.USER, "二"))
        assert f"{datetime.fromtimestamp(since).astimezone():%Y-%m-%d}" in notice.sentence()
        assert str(vault.files.backups) in notice.sentence()

    vault.files.backups.unlink()
    open_with_passphrase(refused, PASSPHRASE, clock).close()  # it tries again though none speaks

    assert len(copies_in(vault.files.backups)) == 1
    with open_with_passphrase(refused, PASSPHRASE, clock) as vault:
        assert of_copies(vault) == []


def test_a_copy_that_is_brought_back_does_not_say_that_copies_fail(
    refused: Path, tmp_path: Path
) -> None:
    backups = VaultFiles(refused).backups
    backups.unlink()
    open_with_passphrase(refused, PASSPHRASE).close()
    (copy,) = copies_in(backups)

    become(copy.files.folder, tmp_path / "new" / "vault", by_passphrase)

    with open_with_passphrase(tmp_path / "new" / "vault", PASSPHRASE) as vault:
        assert of_copies(vault) == []


@pytest.mark.parametrize("what", ["haste", "damage"])
def test_a_copy_given_up_or_put_off_has_not_failed(vault: Vault, folder: Path, what: str) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    if what == "haste":
        vault.database.give_up()
    else:
        vault.database.damaged = True
    vault.close()
    assert copies_in(vault.files.backups) == ()

    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert of_copies(again) == []


def test_where_copies_fail_nothing_is_tried_without_end(
    refused: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of a failure is a change, after which a copy is tried."""
    with open_with_passphrase(refused, PASSPHRASE) as vault:
        later: list[bool] = []
        monkeypatch.setattr(vault.database, "committed", later.append)
        for _ in range(3):
            with pytest.raises(VaultError):
                vault.backups.make_if_due()

        assert later == []


def test_a_link_among_the_copies_is_somebodys(vault: Vault, tmp_path: Path) -> None:
    made = vault.backups.make()
    there = made.files.folder.rename(tmp_path / "there")
    made.files.folder.symlink_to(there)

    assert copies_in(vault.files.backups) == ()
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    vault.sessions.purge("a")
    vault.backups.make_if_due()
    assert made.files.folder.is_symlink()
    assert there.is_dir()
