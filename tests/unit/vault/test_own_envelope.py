"""The key file is replaced or damaged while the history is open: it stays what it opens with."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import key_slots, rotation
from desktop_app.vault.backup_file import write_backup
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.envelope_file import decoded, encoded, read_envelope
from desktop_app.vault.erase import erase
from desktop_app.vault.errors import BusyVaultError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.vault.verify import verify
from tests.support.vault_fixtures import PASSPHRASE

LATER = "一句后来的口令 later"
THEIRS = "一句别人的口令 theirs"


@pytest.fixture(scope="module")
def of_another_key() -> bytes:
    """A key file that PASSPHRASE opens, too, and gives another data key."""
    return encoded(Envelope().with_passphrase(new_key(), PASSPHRASE))


@pytest.fixture
def replaced(vault: Vault, of_another_key: bytes) -> Vault:
    """A history that is open, something said in it, and whose key file is another's by now."""
    vault.sessions.add("a", Turn(Role.USER, "在吗"))
    vault.files.envelope.write_bytes(of_another_key)
    return vault


def said_in(folder: Path, passphrase: str = PASSPHRASE) -> list[str]:
    with open_with_passphrase(folder, passphrase) as vault:
        return [turn.turn.content for turn in vault.sessions.turns("a")]


def test_once_closed_the_history_opens(replaced: Vault, folder: Path) -> None:
    replaced.close()

    assert said_in(folder) == ["在吗"]


@pytest.mark.parametrize("which", ["make", "make_safety_copy"])
def test_no_copy_carries_it(replaced: Vault, which: str) -> None:
    copy = getattr(replaced.backups, which)()

    assert said_in(copy.files.folder) == ["在吗"]


def test_no_backup_carries_it(replaced: Vault, data_key: bytes, tmp_path: Path) -> None:
    write_backup(replaced, tmp_path / "b")

    with zipfile.ZipFile(tmp_path / "b") as archive:
        assert decoded(archive.read("vault.json")).open_with_passphrase(PASSPHRASE) == data_key


def test_no_way_of_opening_is_sealed_into_it(replaced: Vault, folder: Path) -> None:
    copy = replaced.backups.make()
    replaced.keys.set_passphrase(LATER)
    replaced.close()

    assert said_in(folder, LATER) == ["在吗"]
    assert said_in(copy.files.folder, LATER) == ["在吗"]


def test_a_new_data_key_takes_the_place_of_the_historys_own(replaced: Vault, folder: Path) -> None:
    replaced.rotate(passphrase=PASSPHRASE)
    replaced.close()

    assert said_in(folder) == ["在吗"]


def test_it_is_kept_beside_the_right_one_and_only_once(
    replaced: Vault, of_another_key: bytes
) -> None:
    for _ in range(2):
        replaced.files.envelope.write_bytes(of_another_key)
        replaced.own_envelope.put_back()

    (kept,) = other_envelopes(replaced.files)
    assert kept.read_bytes() == of_another_key
    assert read_envelope(replaced.files.envelope) == replaced.keys.envelope()


def test_it_is_put_back_with_the_next_look_at_the_copies(replaced: Vault) -> None:
    replaced.backups.make()
    replaced._copy_if_due()

    assert read_envelope(replaced.files.envelope) == replaced.keys.envelope()


def test_verify_says_that_it_lies_there_and_later_that_it_is_kept(replaced: Vault) -> None:
    found = verify(replaced)
    assert (found.envelope_whole, found.envelope_own, found.history_there) == (True, False, True)
    assert not found.undamaged

    replaced.own_envelope.put_back()
    found = verify(replaced)
    assert found.undamaged
    assert found.other_envelopes == 1


@pytest.mark.parametrize("content", [b"{", b"", None], ids=["damaged", "empty", "missing"])
def test_a_damaged_one_is_written_over(vault: Vault, content: bytes | None) -> None:
    vault.files.envelope.unlink()
    if content is not None:
        vault.files.envelope.write_bytes(content)

    vault.keys.set_passphrase(LATER)

    assert read_envelope(vault.files.envelope).open_with_passphrase(LATER) == vault.keys.dek
    assert other_envelopes(vault.files) == []


def test_what_came_while_a_slot_was_sealed_is_not_written_over(
    vault: Vault, of_another_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(at: str) -> None:
        if at == "key_slots.sealed":
            vault.files.envelope.write_bytes(of_another_key)

    monkeypatch.setattr(key_slots, "crash_point", reached)
    with pytest.raises(BusyVaultError):
        vault.keys.set_passphrase(LATER)
    assert vault.files.envelope.read_bytes() == of_another_key


def test_a_new_key_whose_file_is_lost_before_it_has_its_name_is_written_again(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "在吗"))

    def reached(at: str) -> None:
        if at == "rotation.rekeyed":
            vault.files.next_envelope.unlink()

    monkeypatch.setattr(rotation, "crash_point", reached)
    with pytest.raises(VaultError):
        vault.rotate(passphrase=PASSPHRASE)
    vault.close()

    assert said_in(folder) == ["在吗"]


@pytest.fixture
def all_replaced(vault: Vault, tmp_path: Path) -> Vault:
    """A history that is open, in the place of whose folder another's lies by now."""
    if sys.platform == "win32":
        pytest.skip("Windows lets nobody move a folder with a file that is open")
    vault.sessions.add("a", Turn(Role.USER, "在吗"))
    create(tmp_path / "theirs" / "vault", passphrase=THEIRS).close()
    vault.files.folder.rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "theirs" / "vault", vault.files.folder)
    return vault


@pytest.mark.parametrize(
    "act",
    [
        lambda vault: vault.backups.make(),
        lambda vault: vault.backups.make_safety_copy(),
        lambda vault: vault.keys.set_passphrase(LATER),
        lambda vault: vault.rotate(passphrase=PASSPHRASE),
    ],
    ids=["copy", "safety copy", "passphrase", "data key"],
)
def test_beside_another_history_nothing_is_done_and_that_one_stays_as_it_is(
    all_replaced: Vault, tmp_path: Path, act: Callable[[Vault], object]
) -> None:
    with pytest.raises(VaultError) as refused:
        act(all_replaced)
    assert refused.value.key == "vault.history_replaced"
    all_replaced.close()

    theirs = tmp_path / "theirs" / "vault"
    assert contents(all_replaced.files.folder) == contents(theirs)
    assert not all_replaced.files.backups.exists()
    open_with_passphrase(all_replaced.files.folder, THEIRS).close()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_backup_is_still_made_of_it_and_opens(
    all_replaced: Vault, data_key: bytes, tmp_path: Path
) -> None:
    """What was said is nowhere else once the program is closed."""
    write_backup(all_replaced, tmp_path / "b")

    with zipfile.ZipFile(tmp_path / "b") as archive:
        assert decoded(archive.read("vault.json")).open_with_passphrase(PASSPHRASE) == data_key


def test_verify_says_that_another_history_lies_there(all_replaced: Vault) -> None:
    found = verify(all_replaced)

    assert not found.history_there
    assert not found.undamaged


def test_erasing_takes_the_kept_one_along(replaced: Vault, folder: Path) -> None:
    replaced.close()
    assert other_envelopes(VaultFiles(folder)) != []

    erase(folder, Keychain())

    assert [path.name for path in folder.parent.iterdir()] == ["vault.lock"]
