"""The keyring is a real one; its four failures are told apart."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from keyring.backends.SecretService import Keyring

from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope, write_envelope
from desktop_app.vault.errors import (
    KeyringAbsentError,
    KeyringChangedError,
    KeyringLockedError,
    KeyringUnavailableError,
)
from desktop_app.vault.keychain import SERVICE, Keychain, system_backend
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import open_with_keyring, open_with_passphrase, slots
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.vault_keyring import lock_default_collection


def test_the_backend_is_the_systems_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    assert type(system_backend()) is Keyring


def test_what_is_stored_is_read_back(secret_service: Keychain) -> None:
    key = new_key()
    secret_service.store("a vault", key)

    assert secret_service.read("a vault") == key


def test_the_probe_leaves_nothing(secret_service: Keychain) -> None:
    secret_service.probe()

    import secretstorage

    connection = secretstorage.dbus_init()
    collection = secretstorage.get_default_collection(connection)
    assert list(collection.search_items({"service": SERVICE})) == []
    connection.close()


def test_a_key_never_stored_is_absent(secret_service: Keychain) -> None:
    with pytest.raises(KeyringAbsentError):
        secret_service.read("a vault")


def test_a_key_deleted_is_absent(secret_service: Keychain) -> None:
    secret_service.store("a vault", new_key())
    secret_service.delete("a vault")

    with pytest.raises(KeyringAbsentError):
        secret_service.read("a vault")


# keyring 25.7 drops its bus connection unclosed when the keyring stays locked.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_locked_keyring_nobody_unlocks_is_locked(secret_service: Keychain) -> None:
    secret_service.store("a vault", new_key())
    lock_default_collection()

    with pytest.raises(KeyringLockedError):
        secret_service.read("a vault")
    with pytest.raises(KeyringLockedError):
        secret_service.probe()
    gc.collect()


def test_no_bus_is_an_unavailable_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")

    with pytest.raises(KeyringUnavailableError):
        Keychain().probe()


def test_something_else_under_our_name_is_a_changed_keyring(secret_service: Keychain) -> None:
    system_backend().set_password(SERVICE, "a vault", "not a key")

    with pytest.raises(KeyringChangedError):
        secret_service.read("a vault")


def test_a_vault_opens_with_the_keyring_alone(secret_service: Keychain, folder: Path) -> None:
    create(folder, keychain=secret_service).close()

    assert slots(folder) == {SlotKind.KEYRING}
    with open_with_keyring(folder, secret_service) as vault:
        assert vault.sessions.kept() == ()


def test_another_key_in_the_keyring_is_a_changed_keyring(
    secret_service: Keychain, folder: Path
) -> None:
    create(folder, keychain=secret_service).close()
    secret_service.store(read_envelope(folder / "vault.json").vault, new_key())

    with pytest.raises(KeyringChangedError):
        open_with_keyring(folder, secret_service)


def test_another_systems_keyring_is_a_changed_keyring(
    secret_service: Keychain, folder: Path
) -> None:
    create(folder, keychain=secret_service).close()
    envelope = read_envelope(folder / "vault.json")
    write_envelope(folder / "vault.json", envelope.with_keyring(new_key(), new_key(), "macOS"))

    with pytest.raises(KeyringChangedError, match="macOS"):
        open_with_keyring(folder, secret_service)


def test_a_lost_keyring_costs_nothing_where_there_is_a_passphrase(
    secret_service: Keychain, folder: Path
) -> None:
    create(folder, passphrase=PASSPHRASE, keychain=secret_service).close()
    secret_service.delete(read_envelope(folder / "vault.json").vault)

    with pytest.raises(KeyringAbsentError):
        open_with_keyring(folder, secret_service)
    open_with_passphrase(folder, PASSPHRASE).close()


def test_no_keyring_no_vault(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")

    with pytest.raises(KeyringUnavailableError):
        create(folder, keychain=Keychain())

    assert [path.name for path in folder.parent.iterdir()] == ["vault.lock"]
