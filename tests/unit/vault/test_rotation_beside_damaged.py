"""A new data key beside a damaged history that a rescue left, and beside another's key file.

What opens the damaged one stays, for as long as there is no other; nobody else's file is lost.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.atomic_file import part_of
from desktop_app.dialogue import Role, Turn
from desktop_app.vault import rotation, set_aside
from desktop_app.vault.creation import create
from desktop_app.vault.database import Database
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import DiskFullError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.peek import pages_opened
from desktop_app.vault.sealing import new_key
from desktop_app.vault.set_aside import remove_set_aside
from desktop_app.vault.vault import Vault, open_rescued, open_with_passphrase
from tests.support.damaged_vault import flip_a_byte
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE

SAID = Turn(Role.USER, "在吗")


def said(vault: Vault) -> list[str]:
    with vault:
        return [stored.turn.content for stored in vault.sessions.turns("a")]


@pytest.fixture
def damaged_aside(vault: Vault, folder: Path, data_key: bytes) -> Path:
    """What a rescue left of a history that had no copies, as on its first day."""
    for number in range(50):
        vault.sessions.add("a", Turn(Role.USER, f"{number}" * 300))
    vault.database.give_up()
    vault.close()
    shutil.rmtree(vault.files.backups, ignore_errors=True)
    flip_a_byte(folder / "history.db", page=1)
    with open_rescued(folder, data_key) as rescued:
        rescued.database.give_up()
    (damaged,) = folder.glob("history.damaged-*.db")
    return damaged


def test_what_a_rescue_left_keeps_what_opens_it(
    damaged_aside: Path, folder: Path, data_key: bytes
) -> None:
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        vault.rotate(passphrase=PASSPHRASE)
        (found,) = folder.glob("history.damaged-*.json")

        dek = read_envelope(found).open_with_passphrase(PASSPHRASE)
        assert dek == data_key
        assert pages_opened(damaged_aside, dek)
        vault.rotate(passphrase=PASSPHRASE)
        assert read_envelope(found).open_with_passphrase(PASSPHRASE) == data_key
        remove_set_aside(vault.files)
        assert not list(folder.glob("history.damaged-*"))


def cut_short_after_the_history(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the key, and let the next envelope not take the place of the earlier one."""

    def refused(*_: object) -> None:
        raise VaultError("vault.busy")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(rotation, "_keep_next", refused)
        with pytest.raises(VaultError, match="换"):
            vault.rotate(passphrase=PASSPHRASE)


def test_what_a_rescue_left_keeps_it_also_where_the_change_is_ended_at_the_next_opening(
    damaged_aside: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, data_key: bytes
) -> None:
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        cut_short_after_the_history(vault, monkeypatch)
    open_with_passphrase(folder, PASSPHRASE).close()

    found = damaged_aside.with_suffix(".json")
    assert read_envelope(found).open_with_passphrase(PASSPHRASE) == data_key


@ONLY_ROOT
def test_cut_short_beside_what_a_rescue_left_it_opens_on_a_full_disk(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_disk / "data" / "vault"
    with create(folder, passphrase=PASSPHRASE) as vault:
        vault.sessions.add("a", SAID)
        shutil.copy(vault.files.history, folder / "history.damaged-2026-08-21.db")
        cut_short_after_the_history(vault, monkeypatch)
        vault.database.give_up()
    fill(small_disk)

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗"]


def test_where_the_disk_does_not_take_the_end_of_it_it_opens_and_is_ended_later(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may be so full that it takes no new name, nor another's key file to be kept."""
    vault.sessions.add("a", SAID)
    cut_short_after_the_history(vault, monkeypatch)
    vault.close()

    def full(*_: object) -> None:
        raise DiskFullError("vault.disk_full", folder=folder)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(rotation, "_keep_next", full)
        with open_with_passphrase(folder, PASSPHRASE) as again:
            next_one = again.files.next_envelope.read_bytes()
            with pytest.raises(VaultError, match="还差最后一步"):
                again.rotate(passphrase=PASSPHRASE)
            assert again.files.next_envelope.read_bytes() == next_one  # nothing else opens it
            again.database.give_up()

    assert said(open_with_passphrase(folder, PASSPHRASE)) == ["在吗"]
    assert not (folder / "vault.next.json").exists()


def foreign(path: Path) -> None:
    write_envelope(path, Envelope().with_passphrase(new_key(), PASSPHRASE))


LANDS: dict[str, Callable[[Path], object]] = {
    "another's": foreign,
    "damaged": lambda path: path.write_bytes(bytes(600)),
    "missing": Path.unlink,
}
"""What becomes of `vault.json` by somebody else's hand while the key is changed."""


@pytest.mark.parametrize("ended", ["at once", "at the next opening"])
@pytest.mark.parametrize("lands", LANDS)
def test_what_a_sync_tool_does_meanwhile_takes_nobody_the_way_of_opening(
    damaged_aside: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    data_key: bytes,
    lands: str,
    ended: str,
) -> None:
    path, rekey = folder / "vault.json", Database.rekey
    landed: list[bytes] = []

    def landing(database: Database, key: bytes) -> None:
        rekey(database, key)
        LANDS[lands](path)
        if lands == "another's":
            landed.append(path.read_bytes())

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        monkeypatch.setattr(Database, "rekey", landing)
        if ended == "at once":
            vault.rotate(passphrase=PASSPHRASE)
        else:
            cut_short_after_the_history(vault, monkeypatch)
        vault.database.give_up()
    open_with_passphrase(folder, PASSPHRASE).close()

    found = damaged_aside.with_suffix(".json")
    assert read_envelope(found).open_with_passphrase(PASSPHRASE) == data_key
    assert [path.read_bytes() for path in other_envelopes(VaultFiles(folder))] == landed


@pytest.mark.parametrize("killed", ["before", "on the way"])
def test_cut_short_before_the_history_no_earlier_passphrase_opens_what_a_rescue_left(
    damaged_aside: Path, folder: Path, killed: str
) -> None:
    found = read_envelope(folder / "vault.json")
    write_envelope(
        folder / "vault.next.json", Envelope(found.vault).with_passphrase(new_key(), PASSPHRASE)
    )
    kept = damaged_aside.with_suffix(".json")
    write_envelope(kept if killed == "before" else part_of(kept), found)

    open_with_passphrase(folder, PASSPHRASE).close()

    assert damaged_aside.exists()
    assert not list(folder.glob("history.damaged-*.json*"))


def test_as_long_as_the_key_stays_nothing_is_kept_that_an_earlier_passphrase_opens(
    damaged_aside: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_passphrase(folder, PASSPHRASE) as vault:

        def full(_database: Database, _key: bytes) -> None:
            raise DiskFullError("vault.disk_full", folder=folder)

        monkeypatch.setattr(Database, "rekey", full)
        with pytest.raises(DiskFullError):
            vault.rotate(passphrase=PASSPHRASE)

    assert damaged_aside.exists()
    assert not list(folder.glob("history.damaged-*.json"))


def test_where_what_opens_it_cannot_be_kept_the_old_key_stays(
    damaged_aside: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, data_key: bytes
) -> None:
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        monkeypatch.setattr(set_aside, "write_atomically", full)
        with pytest.raises(DiskFullError):
            vault.rotate(passphrase=PASSPHRASE)
        assert vault.keys.dek == data_key
        assert not vault.files.next_envelope.exists()

    assert damaged_aside.exists()
    assert not list(folder.glob("history.damaged-*.json"))
