"""A disk that is full at any one write: what was acknowledged is there, the rest is not half there.

Each change is made until it gets through, with one write more each time; after each failure the
history is opened on a disk with space. Then the same with a disk whose syncs and truncations fail.
What Python writes without SQLite is refused in test_every_page_of_a_disk.py.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.carried import CarriedSession, CarriedTurn, carried_sessions
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import DiskFullError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.lock import locked
from desktop_app.vault.merge import merge
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support import golden_vault
from tests.support.full_disk_vfs import SYNC, TRUNCATE, WRITE, Disk, full_disk
from tests.support.source_tree import ROOT
from tests.support.strides import some_or_each
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

LONG = MARKER + "长" * 3000
COMING = tuple(
    CarriedSession(f"new{number}", (CarriedTurn(Role.USER, LONG, created=number),) * 2)
    for number in range(4)
)
GOLDEN = ROOT / "tests" / "golden" / "vault-1.0"
FULL, BROKEN = frozenset({WRITE}), frozenset({SYNC, TRUNCATE})

State = tuple[CarriedSession, ...]


@dataclass(frozen=True)
class Outcomes:
    """What came of a change on a disk that took so many calls: 0, 1, 2, …"""

    states: list[State | None] = field(default_factory=list)
    """What the history holds; None where there is none. The last is that of the one that ended."""

    def check_old_or_new(self, old: State | None) -> None:
        *failed, new = self.states
        assert all(state in (old, new) for state in failed)


@pytest.fixture
def disk() -> Iterator[Disk]:
    with full_disk() as disk:
        yield disk


@pytest.fixture
def told(closed: Path, data_key: bytes) -> Path:
    """A history with a conversation, and one in the trash; beside it a backup of another one."""
    with opened(closed, data_key) as vault:
        for number in range(6):
            vault.sessions.add("a", Turn(Role.USER, f"{number}" + LONG))
            vault.sessions.add("gone", Turn(Role.USER, f"{number}" + LONG))
        vault.sessions.delete("gone")
    return closed


@pytest.fixture
def backup(told: Path, data_key: bytes, tmp_path: Path) -> Path:
    """A backup that holds more than `told`."""
    folder = Path(shutil.copytree(told, tmp_path / "other" / "vault"))
    with opened(folder, data_key) as vault:
        merge(vault.database, COMING, 0)
        write_backup(vault, tmp_path / "backup")
    return tmp_path / "backup"


def talk(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, LONG))


def reply(vault: Vault) -> None:
    number = vault.sessions.begin_reply("a")
    vault.sessions.extend(number, LONG)
    vault.sessions.finish(number, TurnState.COMPLETE)


def purge(vault: Vault) -> None:
    vault.sessions.purge("gone")


def bring_in(vault: Vault) -> None:
    merge(vault.database, COMING, 0)


def copy(vault: Vault) -> None:
    vault.backups.make()


def put_a_file(vault: Vault) -> None:
    vault.blobs.put("a", "state", LONG.encode())


def back_up(vault: Vault) -> None:
    path = vault.files.folder.with_name("backup")
    try:
        write_backup(vault, path)
    except VaultError:
        assert not path.exists()
        raise


def opened(folder: Path, key: bytes) -> Vault:
    """Open a history without the time Argon2id takes."""
    files = VaultFiles(folder)
    with ExitStack() as held:
        held.enter_context(locked(files))
        return Vault(files, key, held, time.time)


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def all_in(vault: Vault) -> State:
    """Return all that is in the history, having checked that it is whole."""
    assert vault.database.rows("PRAGMA integrity_check") == [("ok",)]
    vault.database.rows("INSERT INTO words(words) VALUES('integrity-check')")
    return tuple(carried_sessions(vault.database, trashed=True))


def state_of(folder: Path, key: bytes) -> State:
    with opened(folder, key) as vault:
        return all_in(vault)


def all_outcomes(
    change: Callable[[Path], None],
    state: Callable[[Path], State | None],
    disk: Disk,
    base: Path,
    *,
    told: Path | None = None,
    every: int = 1,
) -> Outcomes:
    """Make `change` in a copy of `told` on a disk that takes 0, `every`, 2 × `every`, … calls.

    `change` sets `disk.left` where it begins, from `disk.takes`.
    """
    outcomes = Outcomes()
    for calls in itertools.count(0, every):
        folder = base / str(calls) / "vault"
        folder.parent.mkdir(parents=True)
        if told is not None:
            shutil.copytree(told, folder)
        disk.takes = calls
        expected = DiskFullError if disk.kinds == FULL else VaultError
        through = False
        with suppress(expected):
            change(folder)
            through = True
        disk.left = None
        assert traces(folder.parent) + traces(folder.parent, PASSPHRASE) == []
        outcomes.states.append(state(folder))
        shutil.rmtree(folder.parent)
        if through:
            return outcomes
    raise AssertionError("nobody counts that far")


def in_an_open_one(
    action: Callable[[Vault], None], disk: Disk, key: bytes
) -> Callable[[Path], None]:
    """Return a change: `action` in a history that is open before the disk is full."""

    def change(folder: Path) -> None:
        through = False
        # Closing empties the log if it can. SQLite passes over a failure there; apsw tells the
        # exception of a VFS in Python nevertheless.
        with suppress(VaultError), opened(folder, key) as vault:
            disk.left = disk.takes
            action(vault)
            through = True
        if not through:
            raise DiskFullError("vault.disk_full", folder=folder)

    return change


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        *((action, FULL) for action in (talk, purge, bring_in, copy, put_a_file, back_up)),
        *((action, BROKEN) for action in (talk, purge, bring_in, put_a_file)),
    ],
    ids=lambda value: {FULL: "full", BROKEN: "broken"}.get(value) or value.__name__,
)
def test_it_is_done_or_not_done(
    action: Callable[[Vault], None],
    kinds: frozenset[str],
    told: Path,
    disk: Disk,
    data_key: bytes,
    tmp_path: Path,
) -> None:
    disk.kinds = kinds
    before = state_of(told, data_key)

    def state(folder: Path) -> State:
        for each in copies_in(VaultFiles(folder).backups):
            assert state_of(each.files.folder, data_key) == before
        with opened(folder, data_key) as vault:
            assert vault.blobs.get("a", "state") in {None, LONG.encode()}
            return all_in(vault)

    outcomes = all_outcomes(
        in_an_open_one(action, disk, data_key), state, disk, tmp_path / "tried", told=told
    )

    outcomes.check_old_or_new(before)
    assert len(outcomes.states) > (3 if kinds == FULL else 1)
    assert (outcomes.states[-1] == before) is (action in {copy, put_a_file, back_up})


def test_a_reply_keeps_the_pieces_that_were_written(
    told: Path, disk: Disk, data_key: bytes, tmp_path: Path
) -> None:
    before = said_in(state_of(told, data_key))
    change = in_an_open_one(reply, disk, data_key)

    outcomes = all_outcomes(
        change, lambda folder: state_of(folder, data_key), disk, tmp_path / "tried", told=told
    )

    said = [said_in(state or ()) for state in outcomes.states]
    assert len(said) > 3
    assert all(after in (before, [*before, LONG]) for after in said)
    assert said[-1] == [*before, LONG]


def said_in(state: State) -> list[str]:
    return [turn.content for session in state if session.id == "a" for turn in session.turns]


@pytest.mark.parametrize("kinds", [FULL, BROKEN], ids=["full", "broken"])
@some_or_each(29)
def test_a_changed_key_is_the_old_or_the_new(
    told: Path, disk: Disk, data_key: bytes, tmp_path: Path, kinds: frozenset[str], every: int
) -> None:
    disk.kinds = kinds
    before = state_of(told, data_key)

    def rotate(vault: Vault) -> None:
        vault.rotate(passphrase=PASSPHRASE)

    def state(folder: Path) -> State:
        with open_with_passphrase(folder, PASSPHRASE) as vault:
            assert not vault.files.next_envelope.exists()
            return all_in(vault)

    outcomes = all_outcomes(
        in_an_open_one(rotate, disk, data_key),
        state,
        disk,
        tmp_path / "tried",
        told=told,
        every=every if kinds == FULL else 1,
    )

    assert len(outcomes.states) > 3
    assert set(outcomes.states) == {before}


def test_a_migration_is_ended_on_a_disk_with_space(disk: Disk, tmp_path: Path) -> None:
    key = read_envelope(GOLDEN / "vault.json").open_with_passphrase(golden_vault.PASSPHRASE)
    expected = golden_vault.SAID

    def migrate(folder: Path) -> None:
        disk.left = disk.takes
        opened(folder, key).close()

    outcomes = all_outcomes(
        migrate, lambda folder: state_of(folder, key), disk, tmp_path / "tried", told=GOLDEN
    )

    assert len(outcomes.states) > 10
    for state in outcomes.states:
        said = {each.id: [turn.content for turn in each.turns] for each in state or ()}
        assert said == {name: [text for _, text, _ in all_] for name, all_ in expected.items()}


@some_or_each(9)
def test_a_vault_is_made_whole_or_not_at_all(disk: Disk, tmp_path: Path, every: int) -> None:
    def make(folder: Path) -> None:
        disk.left = disk.takes
        create(folder, passphrase=PASSPHRASE).close()

    def state(folder: Path) -> State | None:
        assert {path.name for path in folder.parent.iterdir()} <= {"vault", "vault.lock"}
        if not folder.exists():
            return None
        with open_with_passphrase(folder, PASSPHRASE) as vault:
            return all_in(vault)

    outcomes = all_outcomes(make, state, disk, tmp_path / "tried", every=every)

    assert outcomes.states[0] is None
    outcomes.check_old_or_new(None)
    assert outcomes.states[-1] == ()


@some_or_each(3)
def test_a_restored_backup_is_merged_or_not(
    told: Path, backup: Path, disk: Disk, data_key: bytes, tmp_path: Path, every: int
) -> None:
    before = state_of(told, data_key)

    def restore(vault: Vault) -> None:
        with opened_backup(backup, vault.files.folder, by_passphrase, lambda: data_key) as coming:
            coming.merge_into(vault)

    def state(folder: Path) -> State:
        safe = VaultFiles(VaultFiles(folder).backups / "before")
        if safe.folder.exists():
            assert state_of(safe.folder, data_key) == before
        return state_of(folder, data_key)

    change = in_an_open_one(restore, disk, data_key)
    outcomes = all_outcomes(change, state, disk, tmp_path / "tried", told=told, every=every)

    outcomes.check_old_or_new(before)
    assert {session.id for session in outcomes.states[-1] or ()} > {"new0", "new3", "a"}


def test_a_backup_becomes_the_history_or_leaves_none(
    backup: Path, disk: Disk, data_key: bytes, tmp_path: Path
) -> None:
    def become_it(folder: Path) -> None:
        disk.left = disk.takes
        become(backup, folder, by_passphrase)

    def state(folder: Path) -> State | None:
        assert not list(folder.parent.glob("*.restoring*"))
        return state_of(folder, data_key) if folder.exists() else None

    outcomes = all_outcomes(become_it, state, disk, tmp_path / "tried")

    outcomes.check_old_or_new(None)
    assert outcomes.states[-1] is not None


def test_after_a_full_disk_the_open_history_goes_on(
    told: Path, disk: Disk, data_key: bytes
) -> None:
    with opened(told, data_key) as vault:
        disk.left = 2
        with pytest.raises(DiskFullError):
            bring_in(vault)
        disk.left = None
        talk(vault)

        assert vault.sessions.turns("a")[-1].turn.content == LONG
        assert {session.id for session in vault.sessions.kept()} == {"a"}
