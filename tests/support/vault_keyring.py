"""A real Secret Service: gnome-keyring on a bus of its own, in the test's empty home."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from desktop_app.vault.keychain import Keychain

SECRETS = "org.freedesktop.secrets"
LOGIN_PASSWORD = b"login password"


@contextmanager
def running(*command: str, said: bytes = b"") -> Iterator[subprocess.Popen[bytes]]:
    """A child that hears `said`, and ends with the block."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin is not None
        child.stdin.write(said)
        child.stdin.close()
        try:
            yield child
        finally:
            child.terminate()


def wait_for_owner(address: str, name: str) -> None:
    """Wait until a program on the bus has taken `name`."""
    from jeepney import MatchRule, message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    changed = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
    changed.add_arg_condition(0, name)
    with closing(open_dbus_connection(address)) as connection:
        bus = Proxy(message_bus, connection)
        bus.AddMatch(changed)
        with connection.filter(changed) as queue:
            if bus.NameHasOwner(name) != (1,):
                connection.recv_until_filtered(queue, timeout=30)


def lock_default_collection() -> None:
    """Lock the keyring, as a screen lock may."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.get_default_collection(connection).lock()


def unlock_default_collection() -> None:
    """Unlock it as its owner does; the prompt for that needs a screen, this call does not."""
    import secretstorage
    from jeepney import DBusAddress, new_method_call
    from secretstorage.util import format_secret, open_session

    address = DBusAddress(
        "/org/freedesktop/secrets",
        SECRETS,
        "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
    )
    with closing(secretstorage.dbus_init()) as connection:
        collection = secretstorage.get_default_collection(connection)
        secret = format_secret(open_session(connection), LOGIN_PASSWORD, "text/plain")
        call = new_method_call(
            address,
            "UnlockWithMasterPassword",
            "o(oayays)",
            (collection.collection_path, secret),
        )
        connection.send_and_get_reply(call)
        assert not secretstorage.get_default_collection(connection).is_locked()


@contextmanager
def session_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bus of the test's own, where everything looks for one."""
    with running("dbus-daemon", "--session", "--nofork", "--print-address=1") as bus:
        assert bus.stdout is not None
        address = bus.stdout.readline().decode().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def silent_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring that is there and never answers, as while its prompt waits for a person."""
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    with session_bus(monkeypatch) as address, closing(open_dbus_connection(address)) as owner:
        Proxy(message_bus, owner).RequestName(SECRETS)
        yield


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keychain]:
    """This system's keychain, with an unlocked keyring behind it and no screen to ask on."""
    if not (shutil.which("dbus-daemon") and shutil.which("gnome-keyring-daemon")):
        pytest.skip("the packages dbus and gnome-keyring are not installed")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with ExitStack() as children:
        address = children.enter_context(session_bus(monkeypatch))
        children.enter_context(
            running(
                "gnome-keyring-daemon",
                "--unlock",
                "--foreground",
                "--components=secrets",
                said=LOGIN_PASSWORD,
            )
        )
        wait_for_owner(address, SECRETS)
        yield Keychain()
