"""Documents beside the conversations: the later one stands, whatever the clock or a backup says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.errors import DiskFullError
from desktop_app.vault.migrations import STEPS
from desktop_app.vault.restore import opened_backup
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_disk import MARKER, traces
from tests.support.vault_fixtures import PASSPHRASE

OTHER = "另一句口令 battery"


def by_passphrase(envelope: Envelope) -> bytes:
    return envelope.open_with_passphrase(PASSPHRASE)


def body(vault: Vault, name: str = "plan") -> str | None:
    found = vault.documents.read(name)
    return found and found.body


def merged(path: Path, vault: Vault) -> int:
    with opened_backup(path, vault.files.folder, by_passphrase, lambda: vault.keys.dek) as backup:
        return backup.merge_into(vault).newer_documents


def decrypted(vault: Vault, path: Path) -> bytes:
    """The bytes of the file as they would be without the cipher."""
    vault.database.checkpoint()
    shutil.copy(vault.files.history, path)
    database = apsw.Connection(str(path))
    for statement in (
        "PRAGMA cipher='chacha20'",
        f"PRAGMA key='raw:{vault.keys.dek.hex()}'",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA rekey=''",
    ):
        database.execute(statement).fetchall()
    database.close()
    return path.read_bytes()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Vault]:
    """Another history, with another key and another passphrase."""
    with create(tmp_path / "elsewhere" / "vault", passphrase=OTHER) as vault:
        yield vault


def test_what_was_never_written_is_not_there(vault: Vault) -> None:
    assert vault.documents.read("plan") is None


def test_it_is_there_after_closing_and_cannot_be_read_on_the_disk(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.documents.write("plan", f'"{MARKER}"')
        vault.documents.write("another", '"x"')
        assert traces(closed.parent) == []

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert body(vault) == f'"{MARKER}"'
        assert body(vault, "another") == '"x"'


def test_a_change_made_after_the_clock_went_back_is_the_later_one(vault: Vault) -> None:
    vault.documents.write("plan", '"one"')
    first = vault.documents.read("plan")
    assert first is not None
    vault.documents._clock = lambda: 1.0
    vault.documents.write("plan", '"two"')
    second = vault.documents.read("plan")

    assert second is not None
    assert second.body == '"two"'
    assert second.updated == first.updated + 1


def test_words_that_were_replaced_are_nowhere_in_a_decrypted_copy(
    vault: Vault, tmp_path: Path
) -> None:
    vault.documents.write("plan", f'"{MARKER}"')
    assert MARKER.encode() in decrypted(vault, tmp_path / "one.db")

    vault.documents.write("plan", '"x"')

    assert MARKER.encode() not in decrypted(vault, tmp_path / "two.db")


def test_the_schema_before_gets_room_for_them(closed: Path, data_key: bytes) -> None:
    with Database(closed / "history.db", data_key) as database:
        database.rows("DROP TABLE document")
        # Of the steps after it.
        for index in ("shown", "by_time", "spelled_before", "spelled_in_1_3", "spelled_in_1_4"):
            database.rows(f"DROP INDEX turn_{index}")
        database.rows(f"PRAGMA user_version={1 << 16 | 1}")

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.documents.write("plan", '"x"')
        assert body(vault) == '"x"'
        assert vault.database.rows("PRAGMA user_version") == [(int(STEPS[-1][0]),)]


def test_a_backup_brings_it_where_there_is_none(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    vault.documents.write("plan", '"x"')
    write_backup(vault, tmp_path / "b")

    assert merged(tmp_path / "b", elsewhere) == 1
    assert body(elsewhere) == '"x"'
    assert merged(tmp_path / "b", elsewhere) == 0


def test_a_later_one_here_is_not_overwritten(vault: Vault, tmp_path: Path) -> None:
    vault.documents.write("plan", '"old"')
    vault.sessions.add("a", Turn(Role.USER, "一"))
    write_backup(vault, tmp_path / "b")
    vault.documents.write("plan", '"new"')
    vault.sessions.delete("a")
    vault.sessions.purge("a")

    assert merged(tmp_path / "b", vault) == 0  # though the conversation comes back
    assert body(vault) == '"new"'
    assert [session.id for session in vault.sessions.kept()] == ["a"]


def test_a_later_one_there_takes_its_place_and_a_copy_is_kept_first(
    vault: Vault, elsewhere: Vault, tmp_path: Path
) -> None:
    elsewhere.documents._clock = lambda: 1.0  # else both are of one millisecond on a quick disk
    elsewhere.documents.write("plan", '"here"')
    vault.documents.write("plan", '"there"')
    write_backup(vault, tmp_path / "b")

    with opened_backup(
        tmp_path / "b", elsewhere.files.folder, by_passphrase, lambda: elsewhere.keys.dek
    ) as backup:
        preview = backup.preview(elsewhere)
        assert any("安全计划" in said for said in preview.sentences())
        assert body(elsewhere) == '"here"'
        backup.merge_into(elsewhere)

    assert body(elsewhere) == '"there"'
    with open_with_passphrase(elsewhere.files.backups / "before", OTHER) as before:
        assert body(before) == '"here"'


def test_verifying_counts_them(vault: Vault) -> None:
    vault.documents.write("plan", '"x"')

    findings = verify(vault)

    assert findings.whole
    assert (findings.documents, findings.unreadable_documents) == (1, 0)


def test_a_damaged_one_is_found(closed: Path) -> None:
    large = "x" * 60_000
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.documents.write("plan", f'"{large}"')
        ((pages,),) = vault.database.rows("PRAGMA page_count")
        ((size,),) = vault.database.rows("PRAGMA page_size")
    content = bytearray((closed / "history.db").read_bytes())
    content[(pages - 3) * size + 100] ^= 1  # the last pages are the document's
    (closed / "history.db").write_bytes(content)

    with open_with_passphrase(closed, PASSPHRASE) as vault:
        findings = verify(vault)

    assert not findings.whole
    assert findings.unreadable_documents == 1


@ONLY_ROOT
def test_on_a_full_disk_the_one_that_was_kept_stands(
    small_disk: Path, made: tuple[Path, bytes]
) -> None:
    folder = Path(shutil.copytree(made[0], small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        vault.documents.write("plan", '"old"')
        filler = fill(small_disk)
        with pytest.raises(DiskFullError):
            vault.documents.write("plan", f'"{"x" * 20_000}"')
        assert body(vault) == '"old"'
        filler.unlink()
