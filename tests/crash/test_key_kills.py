"""Killed while its keys change, a history opens with the old way or the new one, and is whole."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from desktop_app.vault.copies import copies_in
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.erase import erase
from desktop_app.vault.errors import DamagedEnvelopeError, VaultError, WrongPassphraseError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.peek import newest_turn
from desktop_app.vault.set_aside import set_some_aside
from desktop_app.vault.vault import (
    Vault,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
)
from tests.support import key_changes
from tests.support.crash_points import killed_at, points_passed
from tests.support.key_changes import (
    ARMED,
    BLOB,
    BLOB_CONTENT,
    BLOB_OF,
    CODE,
    NEW,
    OLD,
    SAID,
    message,
)
from tests.support.kills import NAMED, kills
from tests.support.vault_creator import killed_at_every_step
from tests.support.vault_disk import MARKER, traces

ROTATE = "tests.support.key_changes:rotate"
CHANGE = "tests.support.key_changes:change_passphrase"
PUT_BACK = "tests.support.key_changes:put_back"
KEEP_IN_KEYRING = "tests.support.key_changes:keep_in_keyring"
ERASE = "tests.support.key_changes:erase_it"
ENOUGH_FOR_BOTH = 20
"""So many kills at random moments leave some histories with the old key and some with the new."""
REKEY_MICROSECONDS = 10_000
"""Longer than changing the key of that history takes: some get through."""
CHANGE_MICROSECONDS = 300_000
"""Argon2id and two small files take about a third to all of it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history in which something was said, opened by OLD or by CODE."""
    folder = tmp_path_factory.mktemp("told") / "vault"
    key_changes.make(folder)
    return folder


def next_kill(killed: int, moment: int, microseconds: int, *, died: bool) -> tuple[int, int]:
    """Return how many have died by now, and below which moment the next one is to.

    What did not die took less than that, and the next attempt is at an earlier one.
    """
    return (killed + 1, microseconds) if died else (killed, max(2, moment))


def check_whole(vault: Vault, sealed: bytes | None = BLOB_CONTENT) -> None:
    """Check that all is there; what is `sealed` goes with the data key it was sealed under."""
    with vault:
        turns = vault.sessions.turns(BLOB_OF)
        assert vault.blobs.get(BLOB_OF, BLOB) == sealed
        assert len(list(vault.files.blobs.iterdir())) == (sealed is not None)
        assert vault.database.rows("PRAGMA integrity_check") == [("ok",)]
    assert [stored.turn.content for stored in turns] == [message(n) for n in range(SAID)]


def copied(told: Path, base: Path) -> Path:
    """Copy the history with the copies beside it, and return its folder."""
    return Path(shutil.copytree(told.parent, base)) / "vault"


def check_no_copy_has(earlier: bytes, folder: Path) -> None:
    """Once the history has another key, nothing in the data folder has the earlier one."""
    if newest_turn(folder / "history.db", earlier) is None:
        histories = list(folder.parent.rglob("history.db"))
        assert len(histories) == 2
        assert [path for path in histories if newest_turn(path, earlier) is not None] == []


def check_opens_every_way(folder: Path, earlier: bytes) -> None:
    assert traces(folder.parent) + traces(folder.parent, OLD) == []
    for opened, secret in ((open_with_passphrase, OLD), (open_with_recovery, CODE.text())):
        vault = opened(folder, secret)
        check_whole(vault, BLOB_CONTENT if vault.keys.dek == earlier else None)
    assert {path.name for path in folder.iterdir()} == {"vault.json", "history.db", "blobs"}


@pytest.mark.parametrize("point", ["backups.expired", *NAMED["rotation"], "backups.copied"])
def test_killed_at_a_step_of_the_rotation(told: Path, tmp_path: Path, point: str) -> None:
    folder = copied(told, tmp_path / "data")
    earlier = read_envelope(folder / "vault.json").open_with_passphrase(OLD)

    assert killed_at(point, ROTATE, folder)

    check_opens_every_way(folder, earlier)
    check_no_copy_has(earlier, folder)


def test_the_steps_of_the_rotation_are_those(told: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(told, tmp_path / "vault"))

    passed = points_passed(ROTATE, folder)

    assert [point for point in passed if point.startswith("rotation.")] == [*NAMED["rotation"]]


@kills("rotation")
def test_killed_at_any_moment_of_the_rotation(told: Path, tmp_path: Path, kills: int) -> None:
    moments = random.Random(kills)
    changed: list[bool] = []
    killed, within = 0, REKEY_MICROSECONDS
    while killed < kills:
        folder = Path(shutil.copytree(told, tmp_path / "killed" / "vault"))
        moment = moments.randrange(1, within)
        earlier = read_envelope(folder / "vault.json").open_with_passphrase(OLD)
        died = killed_at(f"rotation.envelope_written+{moment}", ROTATE, folder)

        check_opens_every_way(folder, earlier)
        if died:
            changed.append(newest_turn(folder / "history.db", earlier) is None)
        shutil.rmtree(folder.parent)
        killed, within = next_kill(killed, moment, REKEY_MICROSECONDS, died=died)
    assert killed == kills
    assert {*changed} == {False, True} or kills < ENOUGH_FOR_BOTH


@kills("passphrase")
def test_killed_while_the_passphrase_changes_one_of_both_opens(
    told: Path, tmp_path: Path, kills: int
) -> None:
    moments = random.Random(kills)
    opened = []
    for point in [*NAMED["passphrase"], "copied_keys.written"]:
        folder = copied(told, tmp_path / "killed")
        assert killed_at(point, CHANGE, folder), point
        opened.append(check_one_of_both_opens(folder))
        shutil.rmtree(folder.parent)
    assert opened == [OLD, NEW, NEW]

    killed, within = 0, CHANGE_MICROSECONDS
    while killed < kills:
        folder = copied(told, tmp_path / "killed")
        moment = moments.randrange(1, within)
        died = killed_at(f"{ARMED}+{moment}", CHANGE, folder)
        check_one_of_both_opens(folder)
        shutil.rmtree(folder.parent)
        killed, within = next_kill(killed, moment, CHANGE_MICROSECONDS, died=died)
    assert killed == kills


def test_killed_at_each_step_of_writing_the_new_passphrase(told: Path, tmp_path: Path) -> None:
    attempts = killed_at_every_step("passphrase", tmp_path, told)

    opened = [check_one_of_both_opens(home / "vault") for home in attempts]
    assert len(opened) > 4
    assert opened == sorted(opened, key=[OLD, NEW].index)  # old, old, …, new: never back again
    assert (opened[0], opened[-1]) == (OLD, NEW)


def check_one_of_both_opens(folder: Path) -> str:
    """Return which passphrase opens the history, whole; the other opens no copy either."""
    right, wrong = (NEW, OLD) if opens(folder, NEW) else (OLD, NEW)
    assert traces(folder, MARKER) + traces(folder, OLD) + traces(folder, NEW) == []
    check_whole(open_with_passphrase(folder, right))
    assert not any(opens(path.parent, wrong) for path in folder.parent.rglob("vault.json"))
    return right


def opens(folder: Path, passphrase: str) -> bool:
    try:
        open_with_passphrase(folder, passphrase).close()
    except WrongPassphraseError:
        return False
    return True


@pytest.mark.parametrize("point", ["other_envelopes.kept", "other_envelopes.put_back"])
def test_killed_while_its_own_key_file_is_put_back_it_opens(
    told: Path, tmp_path: Path, point: str
) -> None:
    folder = copied(told, tmp_path / "data")

    assert killed_at(point, PUT_BACK, folder)

    check_whole(open_with_passphrase(folder, OLD))
    assert [path.name for path in other_envelopes(VaultFiles(folder))] == ["vault.other-1.json"]


@pytest.mark.parametrize("point", NAMED["keyring"])
def test_killed_while_the_keyring_takes_a_key_nothing_is_lost(
    told: Path, tmp_path: Path, secret_service: Keychain, point: str
) -> None:
    folder = Path(shutil.copytree(told, tmp_path / "vault"))

    assert killed_at(point, KEEP_IN_KEYRING, folder)

    check_whole(open_with_passphrase(folder, OLD))
    assert not killed_at("none", KEEP_IN_KEYRING, folder)
    check_whole(open_with_keyring(folder, secret_service))


def test_killed_while_it_is_erased_it_opens_never_again(told: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(told, tmp_path / "vault"))
    shutil.copytree(told, tmp_path / "vault.backups" / "000001")

    (point,) = NAMED["erase"]
    assert killed_at(point, ERASE, folder)

    assert list(tmp_path.rglob("*.json")) == []
    with pytest.raises(DamagedEnvelopeError):
        open_with_passphrase(folder, OLD)
    assert not killed_at("", ERASE, folder)
    assert {path.name for path in tmp_path.iterdir()} == {"vault.lock"}


def test_killed_at_each_step_of_being_erased_it_is_whole_or_opens_never_again(
    told: Path, tmp_path: Path
) -> None:
    """As long as one envelope is left, of a copy, it is whole; erasing again ends it."""
    attempts = killed_at_every_step("erase", tmp_path, told)

    whole = []
    for home in attempts:
        folder = home / "vault"
        whole.append(opens_whole(folder))
        if any(path.name != "vault.lock" for path in home.iterdir()):
            erase(folder, Keychain())
        assert {path.name for path in home.iterdir()} == {"vault.lock"}
    assert whole == sorted(whole, reverse=True)  # never whole again
    assert len(set(whole)) == 2


def opens_whole(folder: Path) -> bool:
    try:
        check_whole(open_with_passphrase(folder, OLD))
    except VaultError:
        return False
    return True


def test_killed_while_copies_are_set_aside_each_is_in_one_place_and_the_others_follow(
    told: Path, tmp_path: Path
) -> None:
    home = copied(told, tmp_path / "told").parent
    shutil.copytree(home / "vault.backups" / "000001", home / "vault.backups" / "000002")
    (tmp_path / "killed").mkdir()
    attempts = killed_at_every_step("set aside", tmp_path / "killed", home / "vault")

    moved = []
    for each in attempts:
        files = VaultFiles(each / "vault")
        moved.append(2 - len(copies_in(files.backups)))
        assert copies_with_envelopes(each) == ["000001", "000002"]
        set_some_aside(files, copies_in(files.backups))
        assert copies_in(files.backups) == ()
        assert copies_with_envelopes(each) == ["000001", "000002"]
    assert moved == sorted(moved)
    assert {*moved} == {0, 1, 2}


def copies_with_envelopes(home: Path) -> list[str]:
    return sorted(path.parent.name for path in home.glob("vault.backups*/*/vault.json"))
