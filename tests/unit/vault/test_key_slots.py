"""The ways of opening a history, added, changed and taken away, with a real keyring."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import sealing
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import (
    GivenUpError,
    KeyringAbsentError,
    KeyringLockedError,
    VaultError,
    WrongPassphraseError,
    WrongRecoveryCodeError,
)
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.sealing import Cost
from desktop_app.vault.vault import (
    Vault,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
    slots,
)
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection, unlock_default_collection

ANOTHER = "另一句口令 battery staple"
PATIENCE_SECONDS = 30


def test_another_passphrase_opens_and_the_earlier_one_no_longer(vault: Vault, folder: Path) -> None:
    vault.keys.set_passphrase(ANOTHER)
    vault.close()

    open_with_passphrase(folder, ANOTHER).close()
    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(folder, PASSPHRASE)


def opened_by(folder: Path, passphrase: str) -> list[str]:
    """Return which of all key files in the data folder a passphrase opens."""
    found = []
    for path in sorted(folder.parent.rglob("*.json*")):
        with suppress(VaultError):
            read_envelope(path).open_with_passphrase(passphrase)
            found.append(str(path.relative_to(folder.parent)))
    return found


EVERY_COPY = ["vault.backups/000001/vault.json", "vault.backups/before/vault.json"]


def test_an_earlier_passphrase_opens_no_copy_either(vault: Vault, folder: Path) -> None:
    vault.backups.make()
    vault.backups.make_safety_copy()
    vault.keys.set_passphrase(ANOTHER)

    assert opened_by(folder, PASSPHRASE) == []
    assert opened_by(folder, ANOTHER) == ["vault/vault.json", *EVERY_COPY]


def test_a_voided_sheet_opens_no_copy_either(vault: Vault) -> None:
    first, second = RecoveryCode.new(), RecoveryCode.new()
    vault.keys.set_recovery(first)
    copy = vault.backups.make()
    vault.keys.set_recovery(second)

    with pytest.raises(WrongRecoveryCodeError):
        read_envelope(copy.files.envelope).open_with_recovery(first)
    open_with_recovery(copy.files.folder, second.text()).close()


def test_a_history_set_aside_follows_too_though_it_does_not_open(
    vault: Vault, folder: Path
) -> None:
    aside = VaultFiles(folder.with_name("vault.damaged-1"))
    aside.folder.mkdir()
    shutil.copy(folder / "vault.json", aside.envelope)
    aside.history.write_bytes(b"damaged")
    vault.keys.set_passphrase(ANOTHER)

    assert opened_by(folder, PASSPHRASE) == []


def test_a_copy_of_another_key_keeps_its_own(vault: Vault, folder: Path, tmp_path: Path) -> None:
    with create(tmp_path / "other", passphrase="一句别的口令 other") as other:
        other.sessions.add("a", Turn(Role.USER, "别处"))
    copy = folder.with_name("vault.backups") / "000001"
    shutil.copytree(tmp_path / "other", copy)
    vault.keys.set_passphrase(ANOTHER)

    open_with_passphrase(copy, "一句别的口令 other").close()


def test_a_copy_that_cannot_be_changed_is_said_and_follows_at_the_next_opening(
    vault: Vault, folder: Path
) -> None:
    copy = vault.backups.make()
    in_the_way = copy.files.folder / "vault.json.part"
    in_the_way.mkdir()
    with pytest.raises(VaultError, match="副本暂时没能跟着换"):
        vault.keys.set_passphrase(ANOTHER)
    in_the_way.rmdir()
    vault.close()
    assert opened_by(folder, PASSPHRASE) == ["vault.backups/000001/vault.json"]

    open_with_passphrase(folder, ANOTHER).close()

    assert opened_by(folder, PASSPHRASE) == []


def test_an_empty_passphrase_leaves_the_earlier_one(vault: Vault, folder: Path) -> None:
    with pytest.raises(VaultError, match="口令是空的"):
        vault.keys.set_passphrase("")
    vault.close()

    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_recovery_code_opens_however_it_is_typed(vault: Vault, folder: Path) -> None:
    code = RecoveryCode.new()
    vault.keys.set_recovery(code)
    vault.close()

    assert slots(folder) == {SlotKind.PASSPHRASE, SlotKind.RECOVERY}
    open_with_recovery(folder, code.text().lower().replace("-", " ")).close()


def test_a_new_recovery_code_voids_the_earlier_one(vault: Vault, folder: Path) -> None:
    first, second = RecoveryCode.new(), RecoveryCode.new()
    vault.keys.set_recovery(first)
    vault.keys.set_recovery(second)
    vault.close()

    open_with_recovery(folder, second.text()).close()
    with pytest.raises(WrongRecoveryCodeError):
        open_with_recovery(folder, first.text())


def test_a_history_without_a_recovery_code_says_so(closed: Path) -> None:
    with pytest.raises(VaultError, match="没有恢复码"):
        open_with_recovery(closed, RecoveryCode.new().text())


def test_a_lost_passphrase_is_replaced_after_opening_with_the_code(
    vault: Vault, folder: Path
) -> None:
    code = RecoveryCode.new()
    vault.keys.set_recovery(code)
    vault.close()

    with open_with_recovery(folder, code.text()) as again:
        again.keys.set_passphrase(ANOTHER)

    open_with_passphrase(folder, ANOTHER).close()


def test_the_last_way_stays(vault: Vault, folder: Path) -> None:
    with pytest.raises(VaultError, match="最后一种"):
        vault.keys.remove(SlotKind.PASSPHRASE)
    vault.close()

    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_passphrase_is_taken_away_where_another_way_is_left(vault: Vault, folder: Path) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    vault.keys.remove(SlotKind.PASSPHRASE)

    assert slots(folder) == {SlotKind.RECOVERY}


def test_a_closed_history_gives_no_key(vault: Vault) -> None:
    vault.close()

    with pytest.raises(GivenUpError):
        vault.keys.set_passphrase(ANOTHER)


def test_a_raised_floor_is_taken_over_by_the_way_that_opened(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = RecoveryCode.new()
    vault.keys.set_recovery(code)
    vault.close()
    raised = Cost(sealing.LEAST.memory_kib, sealing.LEAST.passes + 1, sealing.LEAST.lanes)
    monkeypatch.setattr(sealing, "FLOOR", raised)

    open_with_passphrase(folder, PASSPHRASE).close()

    envelope = read_envelope(folder / "vault.json")
    assert envelope.passphrase is not None
    assert envelope.recovery is not None
    assert (envelope.passphrase.argon2.cost, envelope.recovery.argon2.cost) == (
        raised,
        sealing.LEAST,
    )
    open_with_recovery(folder, code.text()).close()
    after = read_envelope(folder / "vault.json").recovery
    assert after is not None
    assert after.argon2.cost == raised
    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_floor_that_did_not_rise_leaves_the_file_alone(closed: Path) -> None:
    before = (closed / "vault.json").read_bytes()

    open_with_passphrase(closed, PASSPHRASE).close()

    assert (closed / "vault.json").read_bytes() == before


def test_the_keyring_opens_after_it_was_added(
    vault: Vault, folder: Path, secret_service: Keychain
) -> None:
    vault.keys.keep_in(secret_service)
    vault.close()

    open_with_keyring(folder, secret_service).close()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_a_keyring_added_twice_keeps_its_key(
    vault: Vault, folder: Path, secret_service: Keychain
) -> None:
    """So a crash between keyring and file leaves a slot that opens."""
    vault.keys.keep_in(secret_service)
    name = vault.keys.envelope().vault
    kept = secret_service.read(name)
    vault.keys.keep_in(secret_service)

    assert secret_service.read(name) == kept
    vault.close()
    open_with_keyring(folder, secret_service).close()


def test_a_keyring_that_lost_the_key_is_adopted_again(
    folder: Path, secret_service: Keychain
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)
    with pytest.raises(KeyringAbsentError):
        open_with_keyring(folder, secret_service)

    with open_with_passphrase(folder, PASSPHRASE) as vault:
        vault.keys.keep_in(secret_service)

    open_with_keyring(folder, secret_service).close()


def test_a_locked_keyring_changes_nothing(
    vault: Vault, folder: Path, secret_service: Keychain
) -> None:
    lock_default_collection()
    with pytest.raises(KeyringLockedError):
        vault.keys.keep_in(secret_service)

    assert slots(folder) == {SlotKind.PASSPHRASE}


def test_taken_out_of_the_keyring_nothing_is_left_there(
    folder: Path, secret_service: Keychain
) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        vault.keys.take_out_of(secret_service)
        name = vault.keys.envelope().vault

    assert slots(folder) == {SlotKind.PASSPHRASE}
    with pytest.raises(KeyringAbsentError):
        secret_service.read(name)


def test_a_copy_from_before_the_keyring_was_given_up_opens_with_what_came_instead(
    folder: Path, secret_service: Keychain
) -> None:
    with create(folder, keychain=secret_service) as vault:
        copy = vault.backups.make()
        vault.keys.set_passphrase(ANOTHER)
        vault.keys.take_out_of(secret_service)

    open_with_passphrase(copy.files.folder, ANOTHER).close()


def test_the_keyring_stays_where_it_is_the_last_way(folder: Path, secret_service: Keychain) -> None:
    with (
        create(folder, keychain=secret_service) as vault,
        pytest.raises(VaultError, match="最后一种"),
    ):
        vault.keys.take_out_of(secret_service)

    open_with_keyring(folder, secret_service).close()


def test_a_keyring_that_cannot_forget_is_said_and_opens_nothing(
    folder: Path, secret_service: Keychain
) -> None:
    with create(folder, passphrase=PASSPHRASE, keychain=secret_service) as vault:
        lock_default_collection()
        with pytest.raises(VaultError, match="没用的旧密钥"):
            vault.keys.take_out_of(secret_service)
    unlock_default_collection()

    assert slots(folder) == {SlotKind.PASSPHRASE}


class SlowKeyring(KeyringBackend):
    """Keeps what it is given, and asks a person first, where `asks` says so."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[str, str] = {}
        self.stands, self.answered = threading.Event(), threading.Event()
        self.asks = False

    def get_password(self, service: str, username: str) -> str | None:
        assert service
        if self.asks:
            self.stands.set()
            assert self.answered.wait(PATIENCE_SECONDS)
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        assert service
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        assert service
        del self.kept[username]


@contextmanager
def asked_meanwhile(keyring: SlowKeyring, change: Callable[[], None]) -> Iterator[list[VaultError]]:
    """Have a thread begin `change`; the block runs while a person is asked, who then answers."""
    raised: list[VaultError] = []

    def work() -> None:
        try:
            change()
        except VaultError as error:
            raised.append(error)

    keyring.asks = True
    thread = threading.Thread(target=work)
    thread.start()
    assert keyring.stands.wait(PATIENCE_SECONDS)
    keyring.asks = False
    try:
        yield raised
    finally:
        keyring.answered.set()
        thread.join()


def test_a_history_closed_while_the_keyring_asks_is_not_changed(vault: Vault, folder: Path) -> None:
    keyring = SlowKeyring()
    with asked_meanwhile(keyring, lambda: vault.keys.keep_in(Keychain(keyring))) as raised:
        vault.close()
    assert [error.key for error in raised] == ["vault.given_up"]
    assert slots(folder) == {SlotKind.PASSPHRASE}
    assert keyring.kept == {}

    with open_with_passphrase(folder, PASSPHRASE) as again:
        again.keys.keep_in(Keychain(keyring))
    open_with_keyring(folder, Keychain(keyring)).close()


def test_a_key_that_the_keyring_took_too_late_is_taken_up_the_next_time(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = SlowKeyring()
    keychain = Keychain(keyring)
    store = keychain.store

    def store_and_close(name: str, key: bytes) -> None:
        store(name, key)
        vault.close()

    monkeypatch.setattr(keychain, "store", store_and_close)
    with pytest.raises(VaultError, match="正在锁上"):
        vault.keys.keep_in(keychain)
    kept = dict(keyring.kept)
    assert slots(folder) == {SlotKind.PASSPHRASE}

    with open_with_passphrase(folder, PASSPHRASE) as again:
        again.keys.keep_in(Keychain(keyring))
    assert keyring.kept == kept != {}
    open_with_keyring(folder, Keychain(keyring)).close()


def test_what_was_given_to_the_keyring_anew_meanwhile_stays_there(folder: Path) -> None:
    keyring = SlowKeyring()
    vault = create(folder, passphrase=PASSPHRASE, keychain=Keychain(keyring))
    with asked_meanwhile(keyring, lambda: vault.keys.take_out_of(Keychain(keyring))):
        vault.close()
        with open_with_passphrase(folder, PASSPHRASE) as again:
            again.keys.keep_in(Keychain(keyring))

    open_with_keyring(folder, Keychain(keyring)).close()


def test_a_passphrase_is_changed_while_the_keyring_asks(vault: Vault, folder: Path) -> None:
    keyring = SlowKeyring()
    with asked_meanwhile(keyring, lambda: vault.keys.keep_in(Keychain(keyring))) as raised:
        vault.keys.set_passphrase(ANOTHER)
    vault.close()
    assert raised == []

    open_with_passphrase(folder, ANOTHER).close()
    open_with_keyring(folder, Keychain(keyring)).close()


def test_a_key_that_is_dropped_does_not_come_back(vault: Vault) -> None:
    vault.keys.forget()
    vault.keys.replace(b"n" * 32)

    with pytest.raises(GivenUpError):
        assert vault.keys.dek
