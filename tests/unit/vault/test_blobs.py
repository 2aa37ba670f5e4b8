from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from desktop_app import atomic_file
from desktop_app.dialogue import Role, Turn
from desktop_app.vault.database import Database
from desktop_app.vault.errors import DamagedBlobError, DamagedHistoryError, SessionMissingError
from desktop_app.vault.vault import Vault, open_with_passphrase
from tests.support.vault_fixtures import PASSPHRASE

CONTENT = "一段状态 state".encode() * 1000


@pytest.fixture
def spoken(vault: Vault) -> Vault:
    for session in "ab":
        vault.sessions.add(session, Turn(Role.USER, "在吗"))
    return vault


def files(folder: Path) -> list[Path]:
    return sorted((folder / "blobs").glob("*"))


def test_what_was_put_comes_back(spoken: Vault) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)

    assert spoken.blobs.get("a", "snapshot") == CONTENT
    assert spoken.blobs.get("a", "other") is None
    assert spoken.blobs.get("b", "snapshot") is None


def test_their_folder_has_its_name_on_the_disk(
    spoken: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(atomic_file, "sync_folder", synced.append)
    for name in ("one", "two"):
        spoken.blobs.put("a", name, CONTENT)

    folder = spoken.files.folder
    assert synced == [folder, folder / "blobs", folder / "blobs"]


def test_it_comes_back_when_the_vault_is_opened_again(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "在吗"))
        vault.blobs.put("a", "snapshot", CONTENT)

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert vault.blobs.get("a", "snapshot") == CONTENT


def test_the_file_is_private_and_says_nothing(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)

    (file,) = files(closed)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.name) == 32
    assert b"state" not in file.read_bytes()


def test_the_last_put_stands_alone(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "snapshot", b"old")
    spoken.blobs.put("a", "snapshot", b"new")

    assert spoken.blobs.get("a", "snapshot") == b"new"
    assert len(files(closed)) == 1


def test_deleted_is_gone(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)

    spoken.blobs.delete("a", "snapshot")

    assert spoken.blobs.get("a", "snapshot") is None
    assert files(closed) == []


def test_a_session_s_files_go_with_it(spoken: Vault, closed: Path) -> None:
    for session in "ab":
        spoken.blobs.put(session, "snapshot", CONTENT)

    spoken.sessions.delete("a")
    assert len(files(closed)) == 2
    spoken.sessions.purge("a")

    assert len(files(closed)) == 1
    assert spoken.blobs.get("b", "snapshot") == CONTENT


def test_a_session_s_files_go_with_its_only_message(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)

    spoken.sessions.take_back("a")

    assert files(closed) == []


def test_a_changed_or_missing_file_is_told(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)
    (file,) = files(closed)
    sealed = file.read_bytes()

    for wrong in (sealed[:-1], sealed[:5], b"", bytes([sealed[0] ^ 1]) + sealed[1:]):
        file.write_bytes(wrong)
        with pytest.raises(DamagedBlobError):
            spoken.blobs.get("a", "snapshot")
    file.unlink()
    with pytest.raises(DamagedBlobError):
        spoken.blobs.get("a", "snapshot")


def test_a_file_cannot_stand_for_another(spoken: Vault, closed: Path) -> None:
    spoken.blobs.put("a", "one", b"one")
    (one,) = files(closed)
    spoken.blobs.put("a", "two", b"two")
    (two,) = set(files(closed)) - {one}

    shutil.copy(one, two)

    with pytest.raises(DamagedBlobError):
        spoken.blobs.get("a", "two")


def test_what_a_crash_left_is_swept_at_the_next_start(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "在吗"))
        vault.blobs.put("a", "snapshot", CONTENT)
        (named,) = files(closed)
        (closed / "blobs" / ("0" * 32)).write_bytes(b"nobody's")
        (closed / "blobs" / f"{named.name}.part").write_bytes(b"half")

    with open_with_passphrase(closed, PASSPHRASE):
        assert files(closed) == [named]


def test_no_session_has_no_key(vault: Vault) -> None:
    with pytest.raises(SessionMissingError):
        vault.blobs.put("nobody", "snapshot", CONTENT)


def test_each_session_has_a_key_of_its_own(spoken: Vault) -> None:
    keys = {spoken.session_keys.key(session) for session in "abab"}

    assert len(keys) == 2
    assert all(len(key) == 32 for key in keys)


def test_a_key_moved_to_another_session_opens_nothing(spoken: Vault) -> None:
    spoken.session_keys.key("a")
    with spoken.database.transaction():
        spoken.database.rows(
            "UPDATE session SET key = (SELECT key FROM session WHERE id = 'a') WHERE id = 'b'"
        )

    with pytest.raises(DamagedHistoryError):
        spoken.session_keys.key("b")


@pytest.mark.parametrize("arrives", [True, False], ids=["rekeyed", "died before"])
def test_a_session_s_key_changes_with_the_data_key_and_never_without_it(
    spoken: Vault, *, arrives: bool
) -> None:
    key, dek = spoken.session_keys.key("a"), bytes(32)
    spoken.blobs.put("a", "snapshot", CONTENT)

    spoken.session_keys.renew_for(dek)
    if arrives:
        spoken.keys.replace(dek)

    now = spoken.session_keys.key("a")
    assert (now == key) is not arrives
    spoken.session_keys.settle()
    assert spoken.session_keys.key("a") == now
    assert spoken.blobs.get("a", "snapshot") == (None if arrives else CONTENT)
    ((size,),) = spoken.database.rows("SELECT length(key) FROM session WHERE id = 'a'")
    assert size == 60


def test_purging_removes_the_key(spoken: Vault, closed: Path, data_key: bytes) -> None:
    spoken.session_keys.key("a")
    spoken.sessions.delete("a")
    spoken.sessions.purge("a")
    spoken.close()

    with Database(closed / "history.db", data_key) as database:
        assert database.rows("SELECT id FROM session WHERE key IS NOT NULL") == []


def test_keys_are_sealed_without_reading_the_envelope_again(spoken: Vault) -> None:
    spoken.session_keys.key("a")
    spoken.files.envelope.unlink()

    spoken.blobs.put("b", "snapshot", CONTENT)

    assert spoken.blobs.get("b", "snapshot") == CONTENT


def test_reading_is_no_change(spoken: Vault) -> None:
    spoken.blobs.put("a", "snapshot", CONTENT)
    heard: list[bool] = []
    spoken.database.committed = heard.append

    assert spoken.blobs.get("a", "snapshot") == CONTENT
    assert heard == []
