"""Nothing a person wrote can be read on the disk: the bytes are looked at, not the settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.database import Database
from desktop_app.vault.vault import Vault
from tests.support.vault_disk import MARKER, forms, traces
from tests.support.vault_fixtures import PASSPHRASE


def say_the_marker_everywhere(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, f"我说{MARKER}了"))
    reply = vault.sessions.begin_reply("a")
    vault.sessions.extend(reply, MARKER)
    vault.sessions.finish(reply, TurnState.STOPPED)
    vault.sessions.rename("a", MARKER)


@pytest.mark.parametrize("form", forms(MARKER))
def test_the_search_finds_every_form(form: str, tmp_path: Path) -> None:
    (tmp_path / "leak").write_bytes(b"..." + forms(MARKER)[form] + b"...")

    assert ("leak", form) in traces(tmp_path)


def test_no_trace_while_open(vault: Vault, tmp_path: Path) -> None:
    say_the_marker_everywhere(vault)

    assert (tmp_path / "data" / "vault" / "history.db-wal").stat().st_size > 0
    assert traces(tmp_path) == []


def test_no_trace_after_closing(vault: Vault, tmp_path: Path, folder: Path) -> None:
    say_the_marker_everywhere(vault)
    vault.close()

    assert {path.name for path in folder.iterdir()} == {"vault.json", "history.db"}
    assert traces(tmp_path) == []


def test_no_trace_in_temporary_folders_of_a_large_sort(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spill = tmp_path / "tmp"
    spill.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(spill))
    monkeypatch.setenv("TMPDIR", str(spill))
    for number in range(300):
        vault.sessions.add(f"s{number}", Turn(Role.USER, MARKER * 50))

    assert len(vault.sessions.kept()) == 300
    vault.sessions._database.rows("VACUUM")

    assert list(spill.iterdir()) == []
    assert traces(tmp_path) == []


def test_no_trace_of_the_passphrase(closed: Path, tmp_path: Path) -> None:
    assert closed.is_dir()
    assert traces(tmp_path, PASSPHRASE) == []


def test_the_database_does_not_begin_like_a_plain_one(closed: Path) -> None:
    assert (closed / "history.db").read_bytes()[:16] != b"SQLite format 3\0"


def test_files_are_readable_for_their_owner_alone(vault: Vault, folder: Path) -> None:
    say_the_marker_everywhere(vault)

    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("vault.json", "history.db", "history.db-wal"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_a_purged_session_is_gone_from_the_file(
    vault: Vault, folder: Path, data_key: bytes, tmp_path: Path
) -> None:
    vault.sessions.add("kept", Turn(Role.USER, "留下的话"))
    say_the_marker_everywhere(vault)
    vault.sessions.delete("a")

    vault.sessions.purge("a")

    database = vault.sessions._database
    assert (folder / "history.db-wal").stat().st_size == 0
    copy = b"".join(str(row).encode() for row in database.rows("SELECT * FROM turn"))
    assert MARKER.encode() not in copy
    with Database(Path(shutil.copy(folder / "history.db", tmp_path)), data_key) as decrypted:
        decrypted.rows("PRAGMA rekey=''")  # shows what free pages would keep
    plain = decrypted.path.read_bytes()
    assert "留下的话".encode() in plain
    assert MARKER.encode() not in plain


def test_errors_and_records_show_no_text(vault: Vault) -> None:
    say_the_marker_everywhere(vault)

    shown = repr(vault.sessions.kept()) + repr(vault.sessions.turns("a"))

    assert MARKER not in shown
