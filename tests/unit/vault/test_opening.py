"""Everything that can be wrong at opening is its own sentence, and opening again works."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.errors import BugError, KnownError
from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.creation import create
from desktop_app.vault.database import PLAINTEXT_HEADER, Database
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import (
    BusyVaultError,
    ClockBackwardsError,
    DamagedEnvelopeError,
    DamagedHistoryError,
    NewerVaultError,
    VaultError,
    WrongPassphraseError,
)
from desktop_app.vault.import_file import FileRead
from desktop_app.vault.migrations import STEPS, Version, migrate
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault, open_with_passphrase, slots
from tests.support.small_disk import ONLY_ROOT, mounted
from tests.support.vault_fixtures import PASSPHRASE

SAID = Turn(Role.USER, "在吗")


def test_what_was_said_is_there_after_closing_and_opening(vault: Vault, folder: Path) -> None:
    vault.sessions.add("a", SAID)
    vault.close()

    with open_with_passphrase(folder, PASSPHRASE) as again:
        assert [stored.turn for stored in again.sessions.turns("a")] == [SAID]
        assert again.notices == ()


@pytest.mark.parametrize(
    "on_the_disk", [PLAINTEXT_HEADER + bytes(84), b"SQLite", b""], ids=["plain", "short", "empty"]
)
def test_a_history_whose_bytes_are_not_encrypted_is_not_gone_on_with(
    tmp_path: Path, on_the_disk: bytes
) -> None:
    with Database(tmp_path / "history.db", new_key(), create=True) as database:
        migrate(database)
        database.checkpoint()
        database.check_encrypted()
        database.path.write_bytes(on_the_disk)

        with pytest.raises(BugError, match="encrypted"):
            database.check_encrypted()


def test_a_vault_says_how_it_opens(folder: Path) -> None:
    assert slots(folder) == frozenset()

    create(folder, passphrase=PASSPHRASE).close()

    assert slots(folder) == {SlotKind.PASSPHRASE}


def test_a_closed_vault_answers_nothing(vault: Vault) -> None:
    vault.close()
    vault.close()

    with pytest.raises(BugError):
        vault.sessions.kept()


def test_a_vault_is_never_made_over_another(closed: Path) -> None:
    before = (closed / "vault.json").read_bytes()

    with pytest.raises(VaultError, match="已经有"):
        create(closed, passphrase="another")
    (closed / "vault.json").unlink()
    with pytest.raises(VaultError, match="已经有"):
        create(closed, passphrase="another")

    (closed / "vault.json").write_bytes(before)
    open_with_passphrase(closed, PASSPHRASE).close()


@pytest.mark.parametrize(
    ("passphrase", "said"),
    [("", "口令是空的"), ("七个字的口令呢", "口令太短了，请至少用 8 个字符")],
)
def test_a_passphrase_too_short_makes_no_vault(folder: Path, passphrase: str, said: str) -> None:
    with pytest.raises(VaultError, match=said):
        create(folder, passphrase=passphrase)

    assert slots(folder) == frozenset()


def test_there_is_nothing_to_open_before_a_vault_is_made(folder: Path) -> None:
    with pytest.raises(VaultError, match="还没有"):
        open_with_passphrase(folder, PASSPHRASE)


def test_a_wrong_passphrase_costs_nothing(closed: Path) -> None:
    before = (closed / "history.db").read_bytes()

    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(closed, "wrong")

    assert (closed / "history.db").read_bytes() == before
    open_with_passphrase(closed, PASSPHRASE).close()


@pytest.mark.parametrize("damage", ["cut", "removed"])
def test_a_damaged_envelope_is_no_wrong_passphrase(closed: Path, damage: str) -> None:
    envelope = closed / "vault.json"
    whole = envelope.read_bytes()
    envelope.unlink() if damage == "removed" else envelope.write_bytes(whole[:-1])

    with pytest.raises(DamagedEnvelopeError):
        open_with_passphrase(closed, PASSPHRASE)

    envelope.write_bytes(whole)
    open_with_passphrase(closed, PASSPHRASE).close()


def test_a_missing_history_is_not_made_anew(closed: Path) -> None:
    (closed / "history.db").unlink()

    with pytest.raises(DamagedHistoryError, match="找不到"):
        open_with_passphrase(closed, PASSPHRASE)

    assert not (closed / "history.db").exists()


def test_every_changed_byte_of_the_first_page_is_noticed_or_means_nothing(
    closed: Path, data_key: bytes
) -> None:
    """Bytes 16 to 23 of an encrypted file stand in clear: page size, versions, reserved bytes."""
    path = closed / "history.db"
    whole = path.read_bytes()
    schema = read_schema(path, data_key)
    noticed = 0
    for place in range(4096):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        try:
            assert read_schema(path, data_key) == schema
        except KnownError:
            noticed += 1
        (closed / "history.db-wal").unlink(missing_ok=True)
    assert noticed >= 4096 - 8


def read_schema(path: Path, key: bytes) -> list[tuple[object, ...]]:
    with Database(path, key) as database:
        return database.rows("SELECT sql FROM sqlite_schema")


def test_a_damaged_page_is_noticed_after_an_unclean_end(vault: Vault, folder: Path) -> None:
    for number in range(60):
        vault.sessions.add("a", Turn(Role.USER, f"{number}" * 400))
    vault.sessions._database.checkpoint()
    ((page, size),) = vault.sessions._database.rows(
        "SELECT pageno, pgsize FROM dbstat WHERE name = 'turn' AND pagetype = 'leaf'"
        " ORDER BY pageno LIMIT 1 OFFSET 5"
    )
    vault.sessions.add("a", SAID)
    copy_of_a_crash = {path: path.read_bytes() for path in folder.iterdir()}
    vault.close()
    for path, content in copy_of_a_crash.items():
        path.write_bytes(content)
    history = folder / "history.db"
    damaged = bytearray(history.read_bytes())
    damaged[page * size - size // 2] ^= 1
    history.write_bytes(damaged)

    with open_with_passphrase(folder, PASSPHRASE) as opened:
        assert [notice.key for notice in opened.notices] == ["vault.partly_damaged"]
        states = [turn.state for turn in opened.sessions.turns("a")]
    assert len(states) == 61
    assert 0 < states.count(TurnState.DAMAGED) < 10


def test_an_end_that_left_an_empty_log_was_unclean_too(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", SAID)
    vault.database.checkpoint()
    log = folder / "history.db-wal"
    assert log.stat().st_size == 0
    copy_of_a_crash = {path: path.read_bytes() for path in (folder / "history.db", log)}
    vault.close()
    for path, content in copy_of_a_crash.items():
        path.write_bytes(content)

    with Database(folder / "history.db", data_key) as database:
        assert database.unclean


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + bytes(4080), b"?" * 8192, b"?", b""])
def test_a_file_of_another_kind_is_a_damaged_history(closed: Path, content: bytes) -> None:
    (closed / "history.db").write_bytes(content)

    with pytest.raises(DamagedHistoryError):
        open_with_passphrase(closed, PASSPHRASE)

    assert (closed / "history.db").read_bytes() == content


@pytest.mark.parametrize("name", ["history.db", "history.db-wal"])
def test_a_folder_in_a_files_place_is_said_to_be_one(closed: Path, name: str) -> None:
    (closed / name).unlink(missing_ok=True)
    (closed / name).mkdir()

    with pytest.raises(VaultError) as raised:
        open_with_passphrase(closed, PASSPHRASE)

    assert raised.value.key == "vault.disk_failed"
    assert str(closed / name) in str(raised.value)


@ONLY_ROOT
def test_so_is_one_that_has_next_to_no_size_there(closed: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "4m") as place:
        folder = Path(shutil.copytree(closed, place / "data" / "vault"))
        (folder / "history.db").unlink()
        (folder / "history.db").mkdir()

        with pytest.raises(VaultError) as raised:
            open_with_passphrase(folder, PASSPHRASE)

    assert raised.value.key == "vault.disk_failed"


def test_a_database_of_another_key_is_a_damaged_history(closed: Path) -> None:
    with pytest.raises(DamagedHistoryError):
        Database(closed / "history.db", new_key())


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_only_32_bytes_are_a_key(closed: Path, key: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        Database(closed / "history.db", key)


def test_the_key_is_used_as_it_is_and_not_hashed(closed: Path, data_key: bytes) -> None:
    """Opened by hand with the raw form of the key, as the format is documented."""
    import apsw

    connection = apsw.Connection(str(closed / "history.db"))
    connection.execute("PRAGMA cipher='chacha20'")
    connection.execute(f"PRAGMA key='raw:{data_key.hex()}'")
    assert connection.pragma("user_version") == int(STEPS[-1][0])
    connection.close()


def test_a_commit_is_on_the_disk_before_it_returns(closed: Path, data_key: bytes) -> None:
    with Database(closed / "history.db", data_key) as database:
        assert database.rows("PRAGMA journal_mode") == [("wal",)]
        assert database.rows("PRAGMA synchronous") == [(2,)]  # FULL: the log is synced each time
        assert database.rows("PRAGMA secure_delete") == [(1,)]


def test_a_later_major_schema_is_left_alone(closed: Path, data_key: bytes) -> None:
    with Database(closed / "history.db", data_key) as database:
        database.rows(f"PRAGMA user_version={int(Version(2, 0))}")
    before = (closed / "history.db").read_bytes()

    with pytest.raises(NewerVaultError):
        open_with_passphrase(closed, PASSPHRASE)

    assert (closed / "history.db").read_bytes() == before


def test_a_later_minor_schema_opens(closed: Path, data_key: bytes) -> None:
    with Database(closed / "history.db", data_key) as database:
        database.rows(f"PRAGMA user_version={int(Version(1, 999))}")

    open_with_passphrase(closed, PASSPHRASE).close()


def test_a_schema_brought_up_to_date_stays_as_it_is(closed: Path, data_key: bytes) -> None:
    with Database(closed / "history.db", data_key) as database:
        before = database.rows("SELECT sql FROM sqlite_schema")
        migrate(database)
        assert database.rows("SELECT sql FROM sqlite_schema") == before
        assert Version.of(database) == STEPS[-1][0]


def test_a_second_opening_in_the_same_process_is_busy(vault: Vault, folder: Path) -> None:
    with pytest.raises(BusyVaultError):
        open_with_passphrase(folder, PASSPHRASE)

    vault.sessions.add("a", SAID)


def test_a_second_process_is_told_that_the_first_has_it(vault: Vault, folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", OPEN, str(folder)],
        input=PASSPHRASE,
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout.strip() == "BusyVaultError"
    vault.sessions.add("a", SAID)


OPEN = """
import sys
from pathlib import Path
from desktop_app.errors import KnownError
from desktop_app.vault.vault import open_with_passphrase
try:
    open_with_passphrase(Path(sys.argv[1]), sys.stdin.read())
except KnownError as error:
    print(type(error).__name__)
"""


def test_sqlites_own_lock_stands_behind_the_lock_file(
    vault: Vault, folder: Path, data_key: bytes
) -> None:
    vault.sessions.add("a", SAID)

    with pytest.raises(BusyVaultError):
        Database(folder / "history.db", data_key)


def test_a_clock_set_back_is_told_and_changes_no_order(folder: Path) -> None:
    with create(folder, passphrase=PASSPHRASE, clock=lambda: 2_000_000_000) as vault:
        vault.sessions.add("a", SAID)

    with open_with_passphrase(folder, PASSPHRASE, clock=lambda: 1_000_000_000) as vault:
        (notice,) = vault.notices
        assert isinstance(notice, ClockBackwardsError)
        vault.sessions.add("a", Turn(Role.USER, "后来"))
        vault.sessions.add("b", SAID)

        assert [t.turn.content for t in vault.sessions.turns("a")] == ["在吗", "后来"]
        assert [session.id for session in vault.sessions.kept()] == ["b", "a"]


def test_a_message_from_elsewhere_with_a_date_yet_to_come_says_nothing_of_the_clock(
    folder: Path,
) -> None:
    """Neither at the openings nor when something is deleted, whose days begin now."""
    now = 1_700_000_000
    years_ahead = CarriedTurn(Role.USER, "在吗", created=(now + 100_000_000) * 1000)
    with create(folder, passphrase=PASSPHRASE, clock=lambda: now) as vault:
        bring_in(vault, FileRead((CarriedSession("a", (years_ahead,)),)), lambda: now)

    with open_with_passphrase(folder, PASSPHRASE, clock=lambda: now) as vault:
        assert vault.notices == ()
        vault.sessions.delete("a")
        (trashed,) = vault.sessions.trashed()
        assert trashed.deleted == datetime.fromtimestamp(now, UTC)


def test_a_clock_set_right_by_seconds_is_not_worth_a_word(folder: Path) -> None:
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)

    with open_with_passphrase(folder, PASSPHRASE, clock=lambda: time.time() - 30) as vault:
        assert vault.notices == ()


def test_what_a_crash_left_of_a_vault_being_made_is_cleared(folder: Path) -> None:
    left = folder.with_name("vault.creating")
    left.mkdir(parents=True)
    (left / "history.db").write_bytes(b"half")

    create(folder, passphrase=PASSPHRASE).close()

    assert {path.name for path in folder.parent.iterdir()} == {"vault", "vault.lock"}
