"""Copies beside a history that are of another one: the last place of what they hold."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.errors import KnownError
from desktop_app.vault import rescue as rescue_module
from desktop_app.vault import set_aside as set_aside_module
from desktop_app.vault import strange_copies
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.erase import erase
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.set_aside import (
    copies_aside,
    remove_set_aside,
    set_aside,
    set_copies_aside,
)
from desktop_app.vault.strange_copies import take_copies_for_strange
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from resources.messages import sentence
from tests.support.damaged_vault import flip_a_byte, opened
from tests.support.small_disk import ONLY_ROOT, make_read_only
from tests.support.two_histories import OTHER, go_back
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


@pytest.fixture
def ahead(copied: Vault, tmp_path: Path) -> Path:
    """A history in whose place an older state was put, with a copy that is ahead of it; closed."""
    return go_back(copied, tmp_path)


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
    ahead: Path, data_key: bytes, tmp_path: Path
) -> None:
    with opened(ahead, data_key) as vault:
        assert [copy.files.folder.name for copy in copies_in(vault.files.backups)] == ["000001"]
        (aside,) = copies_aside(vault.files)

    assert [path.name for path in aside.iterdir()] == ["000002"]
    assert said_in_copy(aside / "000002", PASSPHRASE, tmp_path) == ["一", "二"]


def refused_once(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Have the system refuse what setting a copy aside needs, from now on."""
    asked: Callable[..., object] = getattr(Path, what)

    def refused(path: Path, *given: object, **named: object) -> object:
        if any("vault.backups-" in str(each) for each in (path, *given)):
            raise OSError(errno.EIO, "refused", str(path))
        return asked(path, *given, **named)

    monkeypatch.setattr(Path, what, refused)


def keys_of(notices: Iterable[KnownError]) -> list[str]:
    return [notice.key for notice in notices]


def test_a_history_that_went_back_is_told_of_once(ahead: Path, data_key: bytes) -> None:
    """Its copies are the one place that remembers."""
    with opened(ahead, data_key) as vault:
        (told,) = vault.notices
        (aside,) = copies_aside(vault.files)
        assert told.sentence() == sentence("error.vault.strange_copies_aside", folder=aside)

    with opened(ahead, data_key) as vault:
        assert vault.notices == ()


@pytest.mark.parametrize("moved", ["as it is opened", "at the next opening"])
def test_a_history_that_was_rescued_is_not_said_to_have_gone_back(
    copied: Vault, data_key: bytes, monkeypatch: pytest.MonkeyPatch, moved: str
) -> None:
    """Its copies could not be set aside at once."""
    folder = copied.files.folder
    copied.sessions.add("a", Turn(Role.USER, "长" * 4000))
    copied.database.give_up()
    copied.close()
    flip_a_byte(folder / "history.db", page=1)
    with monkeypatch.context() as refusing:
        if moved == "as it is opened":
            refusing.setattr(rescue_module, "set_copies_aside", lambda _: None)
        else:
            refused_once(refusing, "rename")
            refused_once(refusing, "mkdir")
        with open_rescued(folder, data_key) as vault:
            told = keys_of(vault.notices)
            vault.database.give_up()
    with opened(folder, data_key) as vault:
        assert keys_of(vault.notices) == []
        assert copies_in(vault.files.backups) == ()
        (aside,) = copies_aside(vault.files)
        vault.database.give_up()

    left = [] if moved == "as it is opened" else ["vault.strange_copies_left"]
    assert told[1:] == left
    assert {path.name for path in aside.iterdir()} == {"000001", "before"}


def test_copies_that_all_are_strange_are_not_opened_for_that(
    copied: Vault, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied.files.folder
    with copied:
        take_copies_for_strange(copied.database)
        copied.database.give_up()
    monkeypatch.setattr(strange_copies, "newest_turn", lambda *_: pytest.fail("it was opened"))

    with opened(folder, data_key) as vault:
        assert copies_in(vault.files.backups) == ()
        vault.database.give_up()


@pytest.mark.slow
@pytest.mark.parametrize("what", ["mkdir", "rename"])
def test_a_copy_that_could_not_be_set_aside_is_said_and_is_so_whatever_follows(
    ahead: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The turns that follow get the ids which those in the copy have."""
    with monkeypatch.context() as refusing:
        refused_once(refusing, what)
        with open_with_passphrase(ahead, PASSPHRASE) as vault:
            assert keys_of(vault.notices) == ["vault.strange_copies_left"]
            assert copies_aside(vault.files) == []
            for text in "三四五":
                vault.sessions.add("later", Turn(Role.USER, text))
    days_pass(ahead, PASSPHRASE)

    (aside,) = copies_aside(VaultFiles(ahead))
    assert said_in_copy(aside / "000002", PASSPHRASE, tmp_path) == ["一", "二"]
    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        assert "vault.strange_copies_left" not in keys_of(vault.notices)


@pytest.mark.slow
def test_as_long_as_it_cannot_be_set_aside_it_is_not_let_go_of(
    ahead: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused_once(monkeypatch, "rename")
    for day in range(1, 6):
        now = time.time() + day * DAY
        with open_with_passphrase(ahead, PASSPHRASE, lambda now=now: now) as vault:
            assert "vault.strange_copies_left" in keys_of(vault.notices)
            vault.sessions.add("later", Turn(Role.USER, str(day)))

    copies = VaultFiles(ahead).backups
    assert len(copies_in(copies)) == 4  # the last three, and it
    assert copies_aside(VaultFiles(ahead)) == []
    assert said_in_copy(copies / "000002", PASSPHRASE, tmp_path) == ["一", "二"]


@pytest.mark.parametrize(
    "change",
    [
        lambda vault: vault.sessions.purge("a"),
        lambda vault: vault.rotate(passphrase=PASSPHRASE),
    ],
    ids=["purge", "new key"],
)
def test_what_it_would_keep_or_lose_by_that_is_not_done_meanwhile(
    ahead: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Vault], object]
) -> None:
    refused_once(monkeypatch, "rename")
    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        vault.sessions.delete("a")
        with pytest.raises(VaultError) as raised:
            change(vault)

        assert raised.value.key == "vault.strange_copies_in_the_way"
        assert str(vault.files.backups / "000002") in raised.value.sentence()
        assert [each.id for each in vault.sessions.trashed()] == ["a"]
        vault.database.give_up()


def test_once_a_person_has_moved_it_away_that_is_done(
    ahead: Path, tmp_path: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused_once(monkeypatch, "rename")
    with opened(ahead, data_key) as vault:
        shutil.move(vault.files.backups / "000002", tmp_path / "elsewhere")
        vault.sessions.delete("a")
        vault.sessions.purge("a")

        assert not vault.sessions.trashed()
        vault.database.give_up()


def test_it_does_not_stand_in_the_way_of_bringing_something_back(
    ahead: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused_once(monkeypatch, "rename")
    with opened(ahead, data_key) as vault:
        vault.backups.make_safety_copy()

        assert (vault.files.backups / "000002").is_dir()
        vault.database.give_up()


def test_where_it_would_be_replaced_by_that_nothing_is_brought_back(
    ahead: Path, tmp_path: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = VaultFiles(ahead).backups
    shutil.rmtree(copies / "before")
    (copies / "000002").rename(copies / "before")
    refused_once(monkeypatch, "rename")
    with opened(ahead, data_key) as vault:
        with pytest.raises(VaultError) as raised:
            vault.backups.make_safety_copy()

        assert raised.value.key == "vault.strange_copies_in_the_way"
        vault.database.give_up()
    assert said_in_copy(copies / "before", PASSPHRASE, tmp_path) == ["一", "二"]


def test_a_closed_history_holds_no_key_for_them(
    ahead: Path, data_key: bytes, tmp_path: Path
) -> None:
    copies = VaultFiles(ahead).backups
    copies.rename(tmp_path / "away")  # so that nobody can look for them, and the key is needed yet
    copies.symlink_to(tmp_path / "disk")
    with opened(ahead, data_key) as vault:
        vault.database.give_up()

    held = vars(vault.backups._strange).values()
    assert not [each for each in held if isinstance(each, bytes)]


def test_once_they_are_found_no_key_is_held_for_them(vault: Vault) -> None:
    held = vars(vault.backups._strange).values()
    assert not [each for each in held if isinstance(each, bytes)]


def test_its_own_copies_stay_where_they_were_away_before_and_then_could_not_be_set_aside(
    ahead: Path, tmp_path: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = VaultFiles(ahead).backups
    disk = copies.rename(tmp_path / "disk")
    copies.symlink_to(tmp_path / "disk")
    away = disk.rename(tmp_path / "away")
    with opened(ahead, data_key) as vault:
        vault.sessions.add("later", Turn(Role.USER, "三"))
        vault.database.give_up()
    away.rename(disk)
    with monkeypatch.context() as refusing:
        refused_once(refusing, "mkdir")
        with opened(ahead, data_key) as vault:
            own = vault.backups.make().files.folder.name
            vault.database.give_up()
    with opened(ahead, data_key) as vault:
        there = [copy.files.folder.name for copy in copies_in(copies)]
        (aside,) = copies_aside(vault.files)
        vault.database.give_up()

    assert there == ["000001", own]
    assert [path.name for path in aside.iterdir()] == ["000002"]


def test_no_copy_gets_the_name_of_one_that_is_away(
    ahead: Path, tmp_path: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused_once(monkeypatch, "rename")
    with opened(ahead, data_key) as vault:
        vault.database.give_up()
    VaultFiles(ahead).backups.rename(tmp_path / "away")
    with opened(ahead, data_key) as vault:
        assert vault.backups.make().files.folder.name == "000003"
        vault.database.give_up()


@pytest.fixture
def two_ahead(ahead: Path) -> Path:
    """The same with two copies that are ahead."""
    copies = VaultFiles(ahead).backups
    shutil.copytree(copies / "000002", copies / "000003")
    return ahead


def test_of_those_that_are_set_aside_in_part_the_others_alone_are_remembered(
    two_ahead: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "000003":
            raise OSError(errno.EIO, "refused", str(path))
        return rename(path, target)

    with monkeypatch.context() as first:  # neither can be, and both are remembered
        refused_once(first, "mkdir")
        with opened(two_ahead, data_key) as vault:
            assert vault.backups._strange.noted() == {"000002", "000003"}
            vault.database.give_up()
    monkeypatch.setattr(Path, "rename", refused)
    with opened(two_ahead, data_key) as vault:
        assert vault.backups._strange.noted() == {"000003"}
        vault.database.give_up()


def test_where_all_are_set_aside_no_other_failure_is_said_to_have_left_any(
    ahead: Path, data_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = set_aside_module.sync_folder

    def refused(folder: Path) -> None:
        if folder == VaultFiles(ahead).backups:
            raise OSError(errno.EIO, "refused", str(folder))
        synced(folder)

    monkeypatch.setattr(set_aside_module, "sync_folder", refused)
    with opened(ahead, data_key) as vault:
        assert "vault.strange_copies_left" not in keys_of(vault.notices)
        assert len(copies_aside(vault.files)) == 1
        vault.database.give_up()


@pytest.fixture
def within(copied: Vault) -> VaultFiles:
    """Copies of which one was set aside within their folder, as on a disk of its own; closed."""
    copied.close()
    files = copied.files
    inner = files.backups / "vault.backups-1"
    inner.mkdir()
    (files.backups / "before").rename(inner / "before")
    files.backups.with_name(inner.name).symlink_to(inner.resolve())
    return files


def test_a_link_to_one_leads_there_still_where_all_are_set_aside(within: VaultFiles) -> None:
    set_copies_aside(within)

    first, second = copies_aside(within)
    assert first.resolve() == second.resolve() / first.name
    assert [path.name for path in first.iterdir()] == ["before"]


def test_where_a_crash_came_between_the_link_is_renewed_the_next_time(within: VaultFiles) -> None:
    within.backups.rename(within.backups.with_name("vault.backups-2"))
    set_copies_aside(within)

    assert [path.name for path in copies_aside(within)[0].iterdir()] == ["before"]


def test_removed_they_leave_neither_folder(within: VaultFiles) -> None:
    set_copies_aside(within)
    remove_set_aside(within)

    assert copies_aside(within) == []


def test_erased_they_leave_neither_folder(within: VaultFiles) -> None:
    set_copies_aside(within)
    erase(within.folder, Keychain())

    assert copies_aside(within) == []


def linked_to(disk: Path, folder: Path) -> Path:
    """Have the copies lie on another disk from now on, and return where."""
    copies = VaultFiles(folder).backups
    there = Path(shutil.copytree(copies, disk / "copies"))
    shutil.rmtree(copies)
    copies.symlink_to(there)
    return there


@ONLY_ROOT
def test_copies_on_another_disk_are_set_aside_there(
    ahead: Path, small_disk: Path, tmp_path: Path
) -> None:
    there = linked_to(small_disk, ahead)

    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        assert "vault.strange_copies_left" not in keys_of(vault.notices)
        assert [copy.files.folder.name for copy in copies_in(vault.files.backups)] == ["000001"]
        (aside,) = copies_aside(vault.files)
        (listed,) = set_aside(vault.files)
        vault.database.give_up()

    assert aside.resolve().parent == there
    assert listed.path == aside
    assert said_in_copy(aside / "000002", PASSPHRASE, tmp_path) == ["一", "二"]


@ONLY_ROOT
def test_removed_or_erased_they_leave_no_folder_on_that_disk(ahead: Path, small_disk: Path) -> None:
    there = linked_to(small_disk, ahead)
    open_with_passphrase(ahead, PASSPHRASE).close()
    files = VaultFiles(ahead)
    (aside,) = copies_aside(files)
    shutil.copytree(aside.resolve(), there / "vault.backups-2")
    aside.with_name("vault.backups-2").symlink_to(there / "vault.backups-2")
    set_copies_aside(files)

    remove_set_aside(files)
    assert copies_aside(files) == []
    assert list(there.iterdir()) == []

    files.backups.symlink_to(there)
    aside.symlink_to(there / aside.name)
    shutil.copytree(ahead, there / aside.name / "000001")
    erase(ahead, Keychain())
    assert list(there.iterdir()) == []


@ONLY_ROOT
def test_copies_on_a_disk_that_takes_nothing_leave_nothing_beside_the_history(
    ahead: Path, small_disk: Path
) -> None:
    linked_to(small_disk, ahead)
    make_read_only(small_disk)

    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        assert keys_of(vault.notices) == ["vault.strange_copies_left"]
        assert copies_aside(vault.files) == []
        vault.database.give_up()


@pytest.mark.slow
def test_copies_that_were_away_when_a_turn_was_added_are_known_by_what_there_was_before(
    ahead: Path, tmp_path: Path
) -> None:
    copies = VaultFiles(ahead).backups
    disk = copies.rename(tmp_path / "disk")
    copies.symlink_to(tmp_path / "disk")
    away = disk.rename(tmp_path / "away")
    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        for text in "三四五":
            vault.sessions.add("later", Turn(Role.USER, text))
    away.rename(disk)
    days_pass(ahead, PASSPHRASE)

    (aside,) = copies_aside(VaultFiles(ahead))
    assert said_in_copy(aside / "000002", PASSPHRASE, tmp_path) == ["一", "二"]


def test_a_copy_that_could_not_be_set_aside_is_known_also_when_it_has_been_away(
    ahead: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is not mounted looks like a folder without copies."""
    copies = VaultFiles(ahead).backups
    with monkeypatch.context() as refusing:
        refused_once(refusing, "rename")
        with open_with_passphrase(ahead, PASSPHRASE) as vault:
            vault.sessions.add("later", Turn(Role.USER, "三"))
            vault.database.give_up()
    away = copies.rename(tmp_path / "away")
    with open_with_passphrase(ahead, PASSPHRASE) as vault:
        vault.database.give_up()
    shutil.rmtree(copies, ignore_errors=True)
    away.rename(copies)
    open_with_passphrase(ahead, PASSPHRASE).close()

    (aside,) = copies_aside(VaultFiles(ahead))
    assert [path.name for path in aside.iterdir()] == ["000002"]


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
