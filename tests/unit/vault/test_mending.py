"""A damaged key file beside a history that is well: nothing newer is given up for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import rotation
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import DamagedEnvelopeError, VaultError, WrongPassphraseError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.vault import Vault, open_with_passphrase, slots
from tests.support.vault_fixtures import PASSPHRASE

LATER = "一句后来的口令 later"


def say(vault: Vault, text: str) -> None:
    vault.sessions.add("a", Turn(Role.USER, text))


@pytest.fixture
def behind(vault: Vault) -> VaultFiles:
    """A history whose copy is older than what was said last; closed."""
    say(vault, "昨天")
    vault.backups.make()
    say(vault, "今天")
    vault.close()
    return vault.files


@pytest.mark.parametrize("content", [b"{", b"", None], ids=["damaged", "empty", "missing"])
def test_it_is_put_back_from_a_copy_and_the_newest_word_is_there(
    behind: VaultFiles, content: bytes | None
) -> None:
    behind.envelope.unlink()
    if content is not None:
        behind.envelope.write_bytes(content)

    assert slots(behind.folder) == {SlotKind.PASSPHRASE}
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == ["昨天", "今天"]
        assert [notice.key for notice in vault.notices] == ["vault.envelope_mended"]
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        assert vault.notices == ()


def test_the_passphrase_in_force_opens_it_and_an_earlier_one_does_not(behind: VaultFiles) -> None:
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        vault.keys.set_passphrase(LATER)
    behind.envelope.write_bytes(b"{")

    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(behind.folder, PASSPHRASE)
    open_with_passphrase(behind.folder, LATER).close()


def test_a_copy_of_another_key_mends_nothing(behind: VaultFiles, tmp_path: Path) -> None:
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        vault.rotate(passphrase=PASSPHRASE)
        (copy,) = vault.files.backups.iterdir()
        older = tmp_path / "older.json"
        older.write_bytes((copy / "vault.json").read_bytes())
        vault.rotate(passphrase=PASSPHRASE)
        (copy,) = vault.files.backups.iterdir()
        vault.close()
    (copy / "vault.json").write_bytes(older.read_bytes())
    behind.envelope.write_bytes(b"{")

    with pytest.raises(DamagedEnvelopeError):
        open_with_passphrase(behind.folder, PASSPHRASE)
    assert behind.envelope.read_bytes() == b"{"


def test_a_damaged_key_file_is_copied_nowhere(vault: Vault) -> None:
    say(vault, "在吗")
    copy = vault.backups.make()
    vault.files.envelope.write_bytes(b"{")

    with pytest.raises(DamagedEnvelopeError):
        vault.backups.make()

    assert list(vault.files.backups.iterdir()) == [copy.files.folder]


@pytest.fixture
def cut_short(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> VaultFiles:
    """A history encrypted anew whose next key file did not take its name, without a copy."""

    def refused(files: VaultFiles) -> None:
        raise VaultError("vault.disk_full", folder=files.folder)

    say(vault, "在吗")
    with monkeypatch.context() as full:
        full.setattr(rotation, "_keep_next", refused)
        with pytest.raises(VaultError):
            vault.rotate(passphrase=PASSPHRASE)
    vault.database.give_up()
    vault.close()
    assert copies_in(vault.files.backups) == ()
    vault.files.envelope.write_bytes(b"{")
    return vault.files


def test_beside_a_damaged_one_the_next_key_file_says_how_it_opens_and_opens_it(
    cut_short: VaultFiles,
) -> None:
    assert slots(cut_short.folder) == {SlotKind.PASSPHRASE}
    with open_with_passphrase(cut_short.folder, PASSPHRASE) as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == ["在吗"]
        assert [notice.key for notice in vault.notices] == ["vault.envelope_mended"]
    assert not cut_short.next_envelope.exists()


def test_a_copy_of_another_passphrase_does_not_stand_in_its_way(
    cut_short: VaultFiles, tmp_path: Path
) -> None:
    create(tmp_path / "other", passphrase=LATER).close()
    shutil.copytree(tmp_path / "other", cut_short.folder.with_name("vault.backups-1") / "000001")

    open_with_passphrase(cut_short.folder, PASSPHRASE).close()


def test_a_wrong_passphrase_is_said_to_be_wrong(cut_short: VaultFiles) -> None:
    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(cut_short.folder, LATER)
