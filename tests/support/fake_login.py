"""A login1 service on a bus of its own, as systemd-logind answers, with one session.

Run as a process: it prints what it is asked; each line of its stdin is a thing to say. What it is
started with beside the bus is a method that it refuses.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import Any

import pytest

SESSION_PATH = "/org/freedesktop/login1/session/_33"
MANAGER_PATH = "/org/freedesktop/login1"
LOGIN = "org.freedesktop.login1"
SIGNALS: dict[str, tuple[Any, ...]] = {
    "lock": (SESSION_PATH, f"{LOGIN}.Session", "Lock"),
    "other": (SESSION_PATH + "9", f"{LOGIN}.Session", "Lock"),
    "sleep": (MANAGER_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", True),
    "wake": (MANAGER_PATH, f"{LOGIN}.Manager", "PrepareForSleep", "b", False),
    "saver": ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", "b", True),
}


class FakeLogin:
    """The test's end of the service."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def say(self, what: str) -> None:
        """Have it say `lock`, `sleep`, `wake`, `hint`, `inactive` or `saver`."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()

    def hear(self, what: str) -> None:
        """Wait until it has been asked for, or has noticed, `what`."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.split()[0] == what:
                return
        raise AssertionError(f"the service ended without {what}")


@contextmanager
def fake_login(address: str, refuses: str = "") -> Iterator[FakeLogin]:
    """Run the service on the bus at `address` until the block ends; `refuses` is a method."""
    command = [sys.executable, __file__, address, refuses]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        login = FakeLogin(process)
        login.hear("ready")
        try:
            yield login
        finally:
            process.terminate()


@pytest.fixture
def address() -> Iterator[str]:
    """A bus of the test's own."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with Popen(command, stdout=PIPE, stderr=PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def login(address: str) -> Iterator[FakeLogin]:
    with fake_login(address) as service:
        yield service


def say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


class Service:
    """The service itself, in its process."""

    def __init__(self, address: str, refuses: str) -> None:
        from jeepney import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        self._bus = open_dbus_connection(address, enable_fds=True)
        self._refuses = refuses
        self._state: dict[str, tuple[str, Any]] = {
            "Id": ("s", "3"),
            "LockedHint": ("b", False),
            "Active": ("b", True),
        }
        Proxy(message_bus, self._bus).RequestName(LOGIN)

    def obey(self) -> None:
        """Say what stdin asks for."""
        for line in sys.stdin:
            match line.strip():
                case "hint":
                    self._change("LockedHint", value=True)
                case "inactive":
                    self._change("Active", value=False)
                case known:
                    self._signal(*SIGNALS[known])

    def answer(self) -> None:
        """Answer what is asked, for ever."""
        from jeepney import HeaderFields, MessageType, new_error, new_method_return

        while True:
            message = self._bus.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            name = message.header.fields[HeaderFields.member]
            if name == self._refuses:
                self._bus.send(new_error(message, f"{LOGIN}.Refused", "s", ("no",)))
            elif name == "Inhibit":
                reading, writing = os.pipe()
                self._bus.send(new_method_return(message, "h", (writing,)))
                os.close(writing)
                threading.Thread(target=watch, args=(reading,), daemon=True).start()
            elif name == "Get":
                self._bus.send(new_method_return(message, "v", (self._state[message.body[1]],)))
            elif name == "GetSession":
                assert message.body == ("3",)
                self._bus.send(new_method_return(message, "o", (SESSION_PATH,)))
            say(name)

    def _change(self, name: str, *, value: bool) -> None:
        self._state[name] = ("b", value)
        changed = (f"{LOGIN}.Session", {name: self._state[name]}, [])
        properties = "org.freedesktop.DBus.Properties"
        self._signal(SESSION_PATH, properties, "PropertiesChanged", "sa{sv}as", *changed)

    def _signal(self, path: str, interface: str, name: str, form: str = "", *body: Any) -> None:
        from jeepney import DBusAddress, new_signal

        self._bus.send(new_signal(DBusAddress(path, interface=interface), name, form or None, body))


def watch(end: int) -> None:
    """Say when the last copy of the other end of a pipe is closed."""
    os.read(end, 1)
    os.close(end)
    say("released")


def main(address: str, refuses: str) -> None:
    service = Service(address, refuses)
    threading.Thread(target=service.obey, daemon=True).start()
    say("ready")
    service.answer()


if __name__ == "__main__":
    main(*sys.argv[1:])
