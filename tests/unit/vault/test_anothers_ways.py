"""Another history's key file lies there, and is opened in other ways: what opens this one, does."""

from __future__ import annotations

from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import rotation
from desktop_app.vault.envelope import Envelope, SlotKind
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.rotation import Unsealing
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import (
    Vault,
    by_keyring,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
    opens,
    slots,
)
from desktop_app.views.backup_work import _by
from desktop_app.views.unlocking import Ways, _ways
from tests.support.vault_fixtures import PASSPHRASE

CODE = RecoveryCode.new()


class MemoryKeyring(KeyringBackend):
    """Remembers what it is given."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def keychain() -> Keychain:
    return Keychain(MemoryKeyring())


@pytest.fixture(params=SlotKind)
def mine(request: pytest.FixtureRequest, vault: Vault, keychain: Keychain) -> SlotKind:
    """The one way the history is opened, in which something was said since the copy."""
    way: SlotKind = request.param
    vault.sessions.add("a", Turn(Role.USER, "昨天"))
    vault.backups.make()
    if way is SlotKind.KEYRING:
        vault.keys.keep_in(keychain)
    elif way is SlotKind.RECOVERY:
        vault.keys.set_recovery(CODE)
    if way is not SlotKind.PASSPHRASE:
        vault.keys.remove(SlotKind.PASSPHRASE)
    vault.sessions.add("a", Turn(Role.USER, "今天"))
    vault.database.give_up()  # no newer copy
    return way


@pytest.fixture(params=SlotKind)
def theirs(request: pytest.FixtureRequest, keychain: Keychain) -> Envelope:
    """Another history's, which is opened in one way, too."""
    match request.param:
        case SlotKind.KEYRING:
            return Envelope().with_keyring(new_key(), new_key(), keychain.name)
        case SlotKind.PASSPHRASE:
            return Envelope().with_passphrase(new_key(), "一句别人的口令 theirs")
    return Envelope().with_recovery(new_key(), RecoveryCode.new())


def opened(folder: Path, way: SlotKind, keychain: Keychain) -> Vault:
    match way:
        case SlotKind.KEYRING:
            return open_with_keyring(folder, keychain)
        case SlotKind.PASSPHRASE:
            return open_with_passphrase(folder, PASSPHRASE)
    return open_with_recovery(folder, CODE.text())


def unsealing(way: SlotKind, keychain: Keychain) -> Unsealing:
    """Return what opens an envelope by what is typed where a copy is to be brought back."""
    match way:
        case SlotKind.KEYRING:
            return by_keyring(keychain)
        case SlotKind.PASSPHRASE:
            return _by(PASSPHRASE)
    return _by(CODE.text())


def said(vault: Vault) -> list[str]:
    return [turn.turn.content for turn in vault.sessions.turns("a")]


def test_a_person_is_asked_for_what_opens_it_and_it_opens(
    vault: Vault, folder: Path, mine: SlotKind, theirs: Envelope, keychain: Keychain
) -> None:
    vault.close()
    write_envelope(vault.files.envelope, theirs)

    assert slots(folder) == {mine, *theirs.slots()}
    assert _ways(folder) == Ways(**{kind: kind in slots(folder) for kind in SlotKind})
    with opened(folder, mine, keychain) as again:
        assert said(again) == ["昨天", "今天"]
        assert [notice.key for notice in again.notices] == ["vault.envelope_put_back"]
    assert slots(folder) == {mine}


def test_no_copy_takes_its_place(
    vault: Vault, folder: Path, mine: SlotKind, theirs: Envelope, keychain: Keychain
) -> None:
    """For which somebody looks whether what opens the copy opens what is here, too."""
    vault.close()
    write_envelope(vault.files.envelope, theirs)

    assert opens(folder, unsealing(mine, keychain))


@pytest.fixture
def cut_short(
    vault: Vault, mine: SlotKind, keychain: Keychain, monkeypatch: pytest.MonkeyPatch
) -> VaultFiles:
    """A history encrypted anew whose next key file did not take its name."""

    def refused(files: VaultFiles) -> None:
        raise VaultError("vault.disk_full", folder=files.folder)

    with monkeypatch.context() as full:
        full.setattr(rotation, "_keep_next", refused)
        with pytest.raises(VaultError):
            vault.rotate(
                passphrase=PASSPHRASE if mine is SlotKind.PASSPHRASE else None,
                code=CODE if mine is SlotKind.RECOVERY else None,
                keychain=keychain if mine is SlotKind.KEYRING else None,
            )
    vault.close()
    return vault.files


def test_nor_does_it_keep_a_change_of_the_data_key_from_being_ended(
    cut_short: VaultFiles, mine: SlotKind, theirs: Envelope, keychain: Keychain
) -> None:
    write_envelope(cut_short.envelope, theirs)

    with opened(cut_short.folder, mine, keychain) as again:
        assert said(again) == ["昨天", "今天"]
    assert read_envelope(cut_short.envelope).slots() == {mine}
    assert not cut_short.next_envelope.exists()


def test_where_a_copy_is_of_the_history_found_no_other_way_is_asked_for(
    vault: Vault, folder: Path
) -> None:
    strange, _ = vault.backups.make(), vault.backups.make()
    vault.close()
    write_envelope(strange.files.envelope, Envelope().with_recovery(new_key(), CODE))

    assert slots(folder) == {SlotKind.PASSPHRASE}
