"""A damaged key file beside a history that is well: nothing newer is given up for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import rotation
from desktop_app.vault.copies import copies_in
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import (
    DamagedEnvelopeError,
    DamagedHistoryError,
    VaultError,
    WrongPassphraseError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.other_envelopes import other_envelopes
from desktop_app.vault.sealing import new_key
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
    vault.files.envelope.write_bytes(b"{")

    copy = vault.backups.make()

    assert copy.files.envelope.read_bytes() == vault.files.envelope.read_bytes() != b"{"


@pytest.mark.parametrize("passphrase", [PASSPHRASE, LATER], ids=["opened", "refused"])
def test_another_historys_gives_way_to_that_of_a_copy_and_is_kept(
    behind: VaultFiles, passphrase: str
) -> None:
    """Whether what the person has opens it, or says that it is wrong."""
    theirs = Envelope().with_passphrase(new_key(), passphrase)
    write_envelope(behind.envelope, theirs)

    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        assert [turn.turn.content for turn in vault.sessions.turns("a")] == ["昨天", "今天"]
        assert [notice.key for notice in vault.notices] == ["vault.envelope_put_back"]
    assert [read_envelope(path) for path in other_envelopes(behind)] == [theirs]
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        assert vault.notices == ()


def test_an_earlier_passphrase_does_not_come_back_with_a_copy_that_did_not_follow(
    behind: VaultFiles,
) -> None:
    earlier = read_envelope(behind.envelope)
    with open_with_passphrase(behind.folder, PASSPHRASE) as vault:
        vault.keys.set_passphrase(LATER)
    (copy,) = copies_in(behind.backups)
    write_envelope(copy.files.envelope, earlier)

    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(behind.folder, PASSPHRASE)
    open_with_passphrase(behind.folder, LATER).close()


@pytest.mark.parametrize("rescues", [False, True])
def test_where_no_copy_has_the_right_one_the_key_file_is_blamed_and_not_the_history(
    behind: VaultFiles, rescues: bool
) -> None:
    shutil.rmtree(behind.backups)
    write_envelope(behind.envelope, Envelope().with_passphrase(new_key(), PASSPHRASE))
    before = {path.name: path.read_bytes() for path in behind.folder.iterdir() if path.is_file()}

    with pytest.raises(DamagedEnvelopeError) as raised:
        open_with_passphrase(behind.folder, PASSPHRASE, rescues=rescues)

    assert raised.value.key == "vault.envelope_others"
    after = {path.name: path.read_bytes() for path in behind.folder.iterdir() if path.is_file()}
    assert after == before


def test_where_the_key_opens_the_copies_the_history_is_blamed(
    behind: VaultFiles, tmp_path: Path
) -> None:
    create(tmp_path / "other", passphrase=LATER).close()
    shutil.copy(tmp_path / "other" / "history.db", behind.history)

    with pytest.raises(DamagedHistoryError):
        open_with_passphrase(behind.folder, PASSPHRASE)


@pytest.fixture
def cut_short(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> VaultFiles:
    """A history encrypted anew whose next key file did not take its name, without a copy."""

    def refused(files: VaultFiles, _found: Envelope) -> None:
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
