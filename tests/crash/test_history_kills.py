"""Killed while much of it changes, a history is the old one or the new one, and whole.

At every named moment, and at random ones between. What was cut short is then done again, and ends.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.arrival import vault_in
from desktop_app.vault.copies import copies_in
from desktop_app.vault.database import Database
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import BackupError, DamagedHistoryError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.kept_copies import kept_copies
from desktop_app.vault.migrations import STEPS, Version
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support import golden_vault, history_changes
from tests.support.crash_points import course, killed_at, points_passed
from tests.support.damaged_vault import flip_a_byte
from tests.support.decrypted import decrypted
from tests.support.history_changes import (
    ARMED,
    BLOB,
    BLOB_CONTENT,
    GONE,
    SAID,
    by_passphrase,
    message,
)
from tests.support.killed_writes import killed_at_every_write
from tests.support.kills import NAMED, kills
from tests.support.source_tree import ROOT
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

SPEAK = "tests.support.history_changes:speak"
TAKE_BACK = "tests.support.history_changes:take_back"
BACK_UP = "tests.support.history_changes:back_up"
COPY = "tests.support.history_changes:copy"
MERGE = "tests.support.history_changes:merge"
BECOME = "tests.support.history_changes:become_it"
PURGE = "tests.support.history_changes:purge"
RESCUE = "tests.support.history_changes:rescue"
MIGRATE = "tests.support.history_changes:migrate"
GOLDEN = ROOT / "tests" / "golden" / "vault-1.0"
MANY = 40
"""Kills that are enough to fall on both sides of the one moment that decides."""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with conversations "a" and, in the trash, "gone"."""
    folder = tmp_path_factory.mktemp("old") / "vault"
    history_changes.make(folder, "a", "gone")
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with one message each: few calls to the disk."""
    folder = tmp_path_factory.mktemp("small") / "vault"
    history_changes.make(folder, "a", "gone", turns=1)
    return folder


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of another history, which holds "new"."""
    folder = tmp_path_factory.mktemp("new") / "vault"
    history_changes.make(folder, "new")
    history_changes.back_up(str(folder), str(folder.parent / "backup"))
    return folder.parent / "backup"


def kill_everywhere(
    function: str,
    points: tuple[str, ...],
    kills: int,
    prepared: Callable[[Path], list[Path]],
    check: Callable[[Path], str],
    base: Path,
) -> None:
    """Kill `function` at the points, then at random moments; `check` each folder that is left.

    The moments are spread over what it takes where nobody kills it, so that as many fall into its
    beginning as into its end. One that comes too late is drawn again, earlier: each has to kill. Of
    many, some leave the old one and some the new one.

    Args:
        function: see tests/support/crash_points.py; it passes ARMED.
        points: its named moments.
        kills: how many more.
        prepared: makes what a folder needs and returns the function's arguments.
        check: returns "old" where all is as it was, "new" where all is done, or what is between.
        base: an empty folder.
    """
    unkilled = base / "unkilled"
    unkilled.mkdir()
    whole_course = course(function, *prepared(unkilled))
    shutil.rmtree(unkilled)
    moments = random.Random(kills)

    def left_by(point: str) -> str | None:
        """Return the state that a kill leaves; None where it came too late."""
        folder = base / "killed"
        folder.mkdir()
        died = killed_at(point, function, *prepared(folder))
        assert readable_in(folder) == []
        state = check(folder)
        assert readable_in(folder) == []
        shutil.rmtree(folder)
        return state if died else None

    for point in points:
        assert left_by(point) is not None, point
    left = []
    for part in range(kills):
        share = (part + moments.random()) / kills
        while (state := left_by(whole_course.at(share, ARMED))) is None:
            share *= moments.random()
        left.append(state)
    assert len(left) == kills
    assert kills < MANY or {"old", "new"} <= {*left}, left


def readable_in(folder: Path) -> list[tuple[str, str]]:
    """Return every trace of what was said, or of what opens it, in the files as they lie there."""
    return [found for text in (MARKER, GONE, PASSPHRASE) for found in traces(folder, text)]


def whole(vault: Vault) -> dict[str, int]:
    """Return how many turns each conversation has, the trash included, all being whole."""
    findings = verify(vault)
    assert findings.whole
    sessions = (*vault.sessions.kept(), *vault.sessions.trashed())
    for (session,) in vault.database.rows("SELECT session FROM blob"):
        if vault.files.blobs.exists():  # a copy has none
            assert vault.blobs.get(session, BLOB) == BLOB_CONTENT
    return {session.id: session.turns for session in sessions}


def whole_in(folder: Path) -> dict[str, int]:
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        return whole(vault)


def copies_of(files: VaultFiles, elsewhere: Path) -> list[dict[str, int]]:
    """Return what is in each copy beside the history; opened elsewhere, where they can get none."""
    found = []
    for copy in kept_copies(files):
        found.append(whole_in(Path(shutil.copytree(copy.files.folder, elsewhere / "vault"))))
        shutil.rmtree(elsewhere)
    return found


BEFORE = {"a": SAID, "gone": SAID}


@pytest.mark.parametrize(("point", "there"), [*zip(NAMED["commit"], [False, True], strict=True)])
def test_a_message_is_there_once_its_commit_is(
    old: Path, tmp_path: Path, point: str, *, there: bool
) -> None:
    passed = points_passed(SPEAK, shutil.copytree(old, tmp_path / "first"))
    time = passed[: passed.index(ARMED)].count(point) + 1
    folder = shutil.copytree(old, tmp_path / "vault")

    assert killed_at(f"{point}#{time}", SPEAK, folder)

    assert readable_in(tmp_path) == []
    assert whole_in(folder) == BEFORE | {"a": SAID + there}


@pytest.mark.parametrize("point", NAMED["commit"])
def test_a_message_that_is_taken_back_is_said_or_a_draft_and_never_neither(
    small: Path, tmp_path: Path, point: str
) -> None:
    passed = points_passed(TAKE_BACK, shutil.copytree(small, tmp_path / "first"))
    time = passed[: passed.index(ARMED)].count(point) + 1
    folder = shutil.copytree(small, tmp_path / "vault")

    assert killed_at(f"{point}#{time}", TAKE_BACK, folder)

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        draft = vault.sessions.drafts.of(None)
        said = "a" in {session.id for session in vault.sessions.kept()}
    assert (draft is not None and draft.text == history_changes.message(0)) != said


@pytest.mark.slow
@pytest.mark.parametrize(("function", "after"), [(SPEAK, {"a": 2, "gone": 1}), (PURGE, {"a": 1})])
def test_killed_at_every_call_to_the_disk_it_is_done_or_not_done(
    small: Path, tmp_path: Path, function: str, after: dict[str, int]
) -> None:
    before = {"a": 1, "gone": 1}

    attempts = killed_at_every_write(function, tmp_path / "attempts", small)

    found = []
    for home in attempts:
        assert readable_in(home) == []
        found.append(whole_in(home / "vault"))
    assert len(found) > 10
    assert found == [before] * found.count(before) + [after] * found.count(after)
    assert (found[0], found[-1]) == (before, after)


@pytest.mark.slow
def test_a_migration_killed_at_every_call_to_the_disk_is_ended_by_the_next_start(
    tmp_path: Path,
) -> None:
    for home in killed_at_every_write(MIGRATE, tmp_path / "attempts", GOLDEN):
        check_migrated(home)


@kills("backup file")
def test_a_backup_is_there_and_whole_or_not_there(old: Path, tmp_path: Path, kills: int) -> None:
    def prepared(folder: Path) -> list[Path]:
        return [Path(shutil.copytree(old, folder / "vault")), folder / "backup"]

    def check(folder: Path) -> str:
        vault, path = folder / "vault", folder / "backup"
        state = "new" if path.exists() else "old"
        if path.exists():
            with opened_backup(path, vault, by_passphrase) as opened:
                assert opened.preview().turns == 2 * SAID
            path.unlink()
        assert whole_in(vault) == BEFORE
        history_changes.back_up(str(vault), str(path))
        assert {p.name for p in folder.iterdir()} == {"vault", "vault.lock", "backup"}
        return state

    kill_everywhere(BACK_UP, NAMED["backup file"], kills, prepared, check, tmp_path)


@kills("copy")
def test_a_copy_made_by_itself_is_whole_or_none(old: Path, tmp_path: Path, kills: int) -> None:
    def prepared(folder: Path) -> list[Path]:
        return [Path(shutil.copytree(old, folder / "vault"))]

    def check(folder: Path) -> str:
        vault = folder / "vault"
        copies = copies_in(VaultFiles(vault).backups)
        assert all(whole_in(copy.files.folder) == BEFORE for copy in copies)
        history_changes.copy(str(vault))
        assert whole_in(vault) == BEFORE
        names = {path.name for path in (folder / "vault.backups").iterdir()}
        assert not any(name.endswith(".part") for name in names)
        return "new" if copies else "old"

    kill_everywhere(COPY, NAMED["copy"], kills, prepared, check, tmp_path)


@kills("merge")
def test_a_merge_is_done_or_not_done(old: Path, backup: Path, tmp_path: Path, kills: int) -> None:
    after = BEFORE | {"new": SAID}

    def prepared(folder: Path) -> list[Path]:
        return [Path(shutil.copytree(old, folder / "vault")), backup]

    def check(folder: Path) -> str:
        vault = folder / "vault"
        found = whole_in(vault)
        assert found in (BEFORE, after)
        if found == after:  # the copy was made before
            assert whole_in(VaultFiles(vault).backups / "before") == BEFORE
        history_changes.merge(str(vault), str(backup))
        assert whole_in(vault) == after
        assert not list(folder.glob("vault.restoring*"))
        return "new" if found == after else "old"

    kill_everywhere(MERGE, NAMED["merge"], kills, prepared, check, tmp_path)


def become_the_history(folder: Path, backup: Path) -> str:
    """Do again what was cut short, look at it, and return what was there before."""
    vault = vault_in(folder / "vault")
    state = "new" if vault.envelope.exists() else "old"
    if state == "old":
        assert not list(folder.glob("vault.damaged-*"))  # nothing has changed
        history_changes.become_it(str(vault.folder), str(backup))
    assert whole_in(vault.folder) == {"new": SAID}
    assert not list(folder.glob("*.restoring*"))
    assert not list(folder.glob("*.arriving"))
    return state


@kills("become, nothing there")
def test_a_backup_has_become_the_history_or_not(backup: Path, tmp_path: Path, kills: int) -> None:
    def prepared(folder: Path) -> list[Path]:
        return [folder / "vault", backup]

    def check(folder: Path) -> str:
        return become_the_history(folder, backup)

    points = NAMED["become, nothing there"]
    kill_everywhere(BECOME, points, kills, prepared, check, tmp_path)


@kills("become, damaged")
def test_a_damaged_history_gives_way_to_a_backup_and_is_kept(
    backup: Path, tmp_path: Path, kills: int
) -> None:
    def prepared(folder: Path) -> list[Path]:
        (folder / "vault").mkdir()
        (folder / "vault" / "history.db").write_bytes(b"damaged")
        return [folder / "vault", backup]

    def check(folder: Path) -> str:
        state = become_the_history(folder, backup)
        assert (folder / "vault.damaged-1" / "history.db").read_bytes() == b"damaged"
        return state

    kill_everywhere(BECOME, NAMED["become, damaged"], kills, prepared, check, tmp_path)


@kills("purge")
def test_a_purge_is_done_or_not_done(old: Path, tmp_path: Path, kills: int) -> None:
    key = read_envelope(old / "vault.json").open_with_passphrase(PASSPHRASE)

    def prepared(folder: Path) -> list[Path]:
        return [Path(shutil.copytree(old, folder / "vault"))]

    def check(folder: Path) -> str:
        found = whole_in(folder / "vault")
        assert found in (BEFORE, {"a": SAID})
        if found == BEFORE:
            history_changes.purge(str(folder / "vault"))
        assert whole_in(folder / "vault") == {"a": SAID}
        assert len(list((folder / "vault" / "blobs").iterdir())) == 1
        plain = decrypted(folder / "vault" / "history.db", key)
        assert MARKER.encode() in plain
        assert all(word.encode() not in plain for word in (*GONE[:4], "zyzzyva"))
        return "old" if found == BEFORE else "new"

    kill_everywhere(PURGE, NAMED["purge"], kills, prepared, check, tmp_path)


@kills("purge, copies beside it")
def test_a_purge_that_is_done_is_done_in_the_copies_too(
    old: Path, tmp_path: Path, kills: int
) -> None:
    """Void ones go when there is a new one: at no moment is there none."""

    def prepared(folder: Path) -> list[Path]:
        vault = Path(shutil.copytree(old, folder / "vault"))
        with open_with_passphrase(vault, PASSPHRASE) as opened:
            opened.backups.make_safety_copy()
            opened.backups.make()
        return [vault]

    def check(folder: Path) -> str:
        vault = VaultFiles(folder / "vault")
        left = copies_of(vault, folder / "looked at")
        assert left
        assert all(copy in (BEFORE, {"a": SAID}) for copy in left)
        found = whole_in(vault.folder)  # which makes the copies anew, where that was cut short
        assert found in (BEFORE, {"a": SAID})
        if found == BEFORE:
            history_changes.purge(str(vault.folder))
        copies = copies_of(vault, folder / "looked at")
        assert copies == [{"a": SAID}] * len(copies) != []
        assert not list(vault.backups.glob("*.void"))
        return "old" if found == BEFORE else "new"

    points = NAMED["purge, copies beside it"]
    kill_everywhere(PURGE, points, kills, prepared, check, tmp_path)


@kills("migration")
def test_a_migration_killed_anywhere_is_ended_by_the_next_start(tmp_path: Path, kills: int) -> None:
    def prepared(folder: Path) -> list[Path]:
        return [Path(shutil.copytree(GOLDEN, folder / "vault"))]

    kill_everywhere(MIGRATE, NAMED["migration"], kills, prepared, check_migrated, tmp_path)


def check_migrated(folder: Path) -> str:
    """Let the next start end it, and return what it found."""
    looked_at = Path(shutil.copytree(folder / "vault", folder / "looked at"))
    state = schema_of(looked_at)
    shutil.rmtree(looked_at)
    assert traces(folder, golden_vault.SAID[golden_vault.SLEEP][0][1]) == []
    with open_with_passphrase(folder / "vault", golden_vault.PASSPHRASE) as vault:
        counts = whole(vault)
    assert counts == {session: len(said) for session, said in golden_vault.SAID.items()}
    return state


def schema_of(folder: Path) -> str:
    """Return whether a history has the first schema, the newest, or one between."""
    key = read_envelope(folder / "vault.json").open_with_passphrase(golden_vault.PASSPHRASE)
    with Database(folder / "history.db", key) as database:
        found = Version.of(database)
    ends = {STEPS[0][0]: "old", STEPS[-1][0]: "new"}
    return ends.get(found, "between")


@pytest.mark.parametrize("log", ["closed", "died"])
@kills("rescue")
def test_a_damaged_history_is_rescued_or_as_it_was(
    old: Path, tmp_path: Path, log: str, kills: int
) -> None:
    more = BEFORE | {"late": 1}

    def prepared(folder: Path) -> list[Path]:
        vault = Path(shutil.copytree(old, folder / "vault"))
        with open_with_passphrase(vault, PASSPHRASE) as opened:
            opened.sessions.add("late", Turn(Role.USER, "最后一句"))
            if log == "died":
                opened.database.checkpoint()
                opened.sessions.rename("late", "在日志里")
                shutil.copytree(vault, folder / "died")
        if log == "died":
            shutil.rmtree(vault)
            (folder / "died").rename(vault)
        flip_a_byte(vault / "history.db", page=1)
        return [vault]

    def check(folder: Path) -> str:
        vault, state = folder / "vault", "new"
        try:
            found = whole_in(vault)
        except DamagedHistoryError:  # as it was
            state = "old"
            history_changes.rescue(str(vault))
            found = whole_in(vault)
        assert found == more
        (aside,) = vault.glob("history.damaged-*.db")
        names = {path.name for path in vault.iterdir()} - {"blobs"}
        logs = {f"{aside.name}-wal"} if log == "died" else set()
        assert names == {"history.db", "vault.json", aside.name} | logs
        return state

    kill_everywhere(RESCUE, NAMED["rescue"], kills, prepared, check, tmp_path)


def test_a_backup_cut_off_by_a_kill_is_never_taken_for_one(
    old: Path, backup: Path, tmp_path: Path
) -> None:
    half = tmp_path / "backup.part"
    half.write_bytes(backup.read_bytes()[:-2000])

    with (
        open_with_passphrase(Path(shutil.copytree(old, tmp_path / "vault")), PASSPHRASE) as vault,
        pytest.raises(BackupError),
        opened_backup(half, vault.files.folder, by_passphrase),
    ):
        pass


def test_what_was_said_is_what_is_there(old: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(old, tmp_path / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        said = [turn.turn.content for turn in vault.sessions.turns("a")]

    assert said == [message(number) for number in range(SAID)]
