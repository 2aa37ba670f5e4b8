"""A real Secret Service: gnome-keyring on a bus of its own, in the test's empty home."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from desktop_app.vault.keychain import Keychain

SECRETS = "org.freedesktop.secrets"


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


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keychain]:
    """This system's keychain, with an unlocked keyring behind it and no screen to ask on."""
    if not (shutil.which("dbus-daemon") and shutil.which("gnome-keyring-daemon")):
        pytest.skip("the packages dbus and gnome-keyring are not installed")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with ExitStack() as children:
        bus = children.enter_context(
            running("dbus-daemon", "--session", "--nofork", "--print-address=1")
        )
        assert bus.stdout is not None
        address = bus.stdout.readline().decode().strip()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        children.enter_context(
            running(
                "gnome-keyring-daemon",
                "--unlock",
                "--foreground",
                "--components=secrets",
                said=b"login password",
            )
        )
        wait_for_owner(address, SECRETS)
        yield Keychain()
