"""The folders in which a backup is written or read: each task has its own, and kills leave none."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import backup_file, restore
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.restore import become, opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.source_tree import ROOT
from tests.support.two_histories import by_passphrase, said_in
from tests.support.vault_fixtures import PASSPHRASE

PATIENCE_SECONDS = 30
LEFT = [
    "vault.copying",
    "vault.restoring",
    "vault.copying-abc_0123",
    "vault.restoring-x_1abcde",
    "vault.restoring-x_2abcde.lock",
]


class Abandoned:
    """A task that nobody waits for any more, held at a named moment."""

    def __init__(self) -> None:
        self.came, self.may_go = threading.Event(), threading.Event()
        self.thread: int | None = None

    def reached(self, _name: str) -> None:
        if not self.came.is_set():
            self.thread = threading.get_ident()
            self.came.set()
        if threading.get_ident() == self.thread:
            assert self.may_go.wait(PATIENCE_SECONDS)


@pytest.fixture
def abandoned() -> Iterator[Abandoned]:
    held = Abandoned()
    yield held
    held.may_go.set()


def folders(vault: Path) -> list[str]:
    return [
        each.name for kind in ("copying", "restoring") for each in vault.parent.glob(f"*.{kind}*")
    ]


def test_two_backups_at_once_are_both_whole(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abandoned: Abandoned
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    monkeypatch.setattr(backup_file, "crash_point", abandoned.reached)
    first = threading.Thread(target=write_backup, args=(vault, tmp_path / "first"))
    first.start()
    assert abandoned.came.wait(PATIENCE_SECONDS)

    write_backup(vault, tmp_path / "second")
    abandoned.may_go.set()
    first.join()

    for name in ("first", "second"):
        with opened_backup(tmp_path / name, vault.files.folder, by_passphrase) as backup:
            assert backup.preview().turns == 1
    assert folders(vault.files.folder) == []


@pytest.mark.parametrize("meanwhile", ["look", "open", "become"])
def test_what_an_abandoned_task_unpacked_is_its_own(
    backup: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    abandoned: Abandoned,
    meanwhile: str,
) -> None:
    folder, found = tmp_path / "new" / "vault", list[int]()
    if meanwhile == "open":
        create(folder, passphrase=PASSPHRASE).close()

    def look() -> None:
        with opened_backup(backup, folder, by_passphrase) as opened:
            found.append(opened.preview().turns)

    monkeypatch.setattr(restore, "crash_point", abandoned.reached)
    first = threading.Thread(target=look)
    first.start()
    assert abandoned.came.wait(PATIENCE_SECONDS)
    match meanwhile:
        case "look":
            look()
        case "open":
            open_with_passphrase(folder, PASSPHRASE).close()
        case _:
            become(backup, folder, by_passphrase)
    abandoned.may_go.set()
    first.join()

    assert found == ([2, 2] if meanwhile == "look" else [2])
    assert folders(folder) == []
    if meanwhile == "become":
        with open_with_passphrase(folder, PASSPHRASE) as vault:
            assert said_in(vault) == ["一", "二"]


READING = """
import sys
from pathlib import Path
from desktop_app.vault.restore import unpacked

with unpacked(Path(sys.argv[1]), Path(sys.argv[2]), lambda: None) as files:
    print(files.folder.name, flush=True)
    sys.stdin.readline()
    print(files.history.exists(), files.envelope.exists())
"""


@pytest.fixture
def reading(backup: Path, folder: Path, vault: Vault) -> Iterator[subprocess.Popen[str]]:
    """Another process that looks into a backup beside a history which nobody has open."""
    vault.close()
    command = [sys.executable, "-c", READING, backup, folder]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("meanwhile", ["open", "become"])
def test_what_another_process_reads_stays_until_it_has_read_it(
    backup: Path, folder: Path, reading: subprocess.Popen[str], meanwhile: str
) -> None:
    assert reading.stdin is not None
    assert reading.stdout is not None
    name = reading.stdout.readline().strip()
    assert name in folders(folder)

    if meanwhile == "open":
        open_with_passphrase(folder, PASSPHRASE).close()
    else:
        become(backup, folder, by_passphrase)
    assert name in folders(folder)
    reading.stdin.write("\n")
    reading.stdin.flush()

    assert reading.stdout.read().split() == ["True", "True"]
    assert reading.wait(PATIENCE_SECONDS) == 0
    assert folders(folder) == []


def test_what_another_process_read_goes_where_it_was_killed(
    folder: Path, reading: subprocess.Popen[str]
) -> None:
    assert reading.stdout is not None
    name = reading.stdout.readline().strip()
    reading.kill()
    reading.wait(PATIENCE_SECONDS)
    assert sorted(folders(folder)) == [name, f"{name}.lock"]

    open_with_passphrase(folder, PASSPHRASE).close()

    assert folders(folder) == []


@pytest.mark.parametrize("then", ["open", "become"])
def test_what_a_kill_left_goes_at_the_next_start(backup: Path, tmp_path: Path, then: str) -> None:
    folder = tmp_path / "new" / "vault"
    if then == "open":
        create(folder, passphrase=PASSPHRASE).close()
    for name in LEFT:
        left = folder.with_name(name)
        left.parent.mkdir(exist_ok=True)
        if left.suffix == ".lock":  # the kill came after its folder was removed
            left.write_bytes(b"")
        else:
            left.mkdir()
            (left / "history.db").write_bytes(b"left")
    others = ["vault-of-mine.copying-1", "vault.copying-mine", "vault.restoring-of_my_own"]
    for name in others:
        folder.with_name(name).mkdir()

    if then == "open":
        open_with_passphrase(folder, PASSPHRASE).close()
    else:
        become(backup, folder, by_passphrase)

    assert folders(folder) == others


def test_the_folder_is_for_the_person_alone(vault: Vault, backup: Path) -> None:
    with restore.unpacked(backup, vault.files.folder, lambda: None) as files:
        assert files.folder.stat().st_mode & 0o777 == 0o700
