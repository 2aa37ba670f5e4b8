"""What the login manager and the screen savers say, for a program without a window (Linux).

The session is locked or another one comes to the front, the screen is covered, the machine is
about to sleep. A delaying inhibitor is held, so that the machine sleeps when `locked` was called.
Where there is no bus, nothing is said. The window has Qt for the same (views/logind.py).

Source: org.freedesktop.login1(5); jeepney, which the keyring speaks with too.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from resources.messages import sentence

if TYPE_CHECKING:
    from jeepney import FileDescriptor, Message
    from jeepney.io.blocking import DBusConnection

LOGIN: Final = "org.freedesktop.login1"
MANAGER: Final = f"{LOGIN}.Manager"
SESSION: Final = f"{LOGIN}.Session"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
MANAGER_PATH: Final = "/org/freedesktop/login1"
OWN_SESSION: Final = f"{MANAGER_PATH}/session/auto"
TRUE, FALSE = ("b", True), ("b", False)
"""As jeepney gives a value whose type travels with it."""


@contextmanager
def login_signals(leaving: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """While inside, call `leaving` from a thread when the person leaves.

    Gives what is called when all is locked: a machine that was about to sleep does so then.
    """
    if importlib.util.find_spec("jeepney") is None:  # Linux alone has it
        yield lambda: None
        return
    login, savers = _Login(leaving), _Savers(leaving)
    for each in (login, savers):
        each.start()
    try:
        yield login.let_sleep
    finally:
        login.let_sleep()


class _Savers(threading.Thread):
    """Listens to all of them, on the session's bus."""

    bus_name = "SESSION"
    _bus: DBusConnection

    def __init__(self, leaving: Callable[[], None]) -> None:
        super().__init__(name="login", daemon=True)
        self._leaving = leaving

    def run(self) -> None:
        from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415 - Linux alone has it

        with suppress(Exception):  # whatever a bus does, the talk goes on without it
            self._bus = open_dbus_connection(self.bus_name, enable_fds=True)
            self._follow()
            while True:
                self._hear(self._bus.receive())

    def _follow(self) -> None:
        self._match(member="ActiveChanged")

    def _hear(self, message: Message) -> None:
        if _field(message, "interface").endswith(".ScreenSaver") and message.body == (True,):
            self._leaving()

    def _match(self, **which: str) -> None:
        from jeepney import MatchRule, message_bus  # noqa: PLC0415 - same

        self._bus.send_and_get_reply(message_bus.AddMatch(MatchRule(type="signal", **which)))


class _Login(_Savers):
    """Listens to logind, on the system's bus."""

    bus_name = "SYSTEM"
    _inhibitor: FileDescriptor | None = None

    def let_sleep(self) -> None:
        """Let go of what holds sleep up; another one is held when the machine has woken up."""
        inhibitor, self._inhibitor = self._inhibitor, None
        if inhibitor is not None:
            inhibitor.close()

    def _follow(self) -> None:
        from jeepney.wrappers import DBusErrorResponse  # noqa: PLC0415 - same

        self._match(sender=LOGIN, interface=MANAGER, member="PrepareForSleep")
        with suppress(DBusErrorResponse):  # of cron, su or ssh it may know no session
            ((_, name),) = self._ask(OWN_SESSION, PROPERTIES, "Get", "ss", SESSION, "Id")
            (path,) = self._ask(MANAGER_PATH, MANAGER, "GetSession", "s", name)
            self._match(sender=LOGIN, path=path)
        self._inhibit()  # last: whoever sees it held knows that all is listened to

    def _hear(self, message: Message) -> None:
        match _field(message, "member"):
            case "PrepareForSleep" if message.body == (False,):
                self._inhibit()
            case "PrepareForSleep" | "Lock":
                self._leaving()
            case "PropertiesChanged":
                _, changed, _ = message.body
                if changed.get("LockedHint") == TRUE or changed.get("Active") == FALSE:
                    self._leaving()

    def _inhibit(self) -> None:
        from jeepney.wrappers import DBusErrorResponse  # noqa: PLC0415 - same

        what = ("sleep", sentence("window.title"), sentence("lock.before_sleep"), "delay")
        if self._inhibitor is None:
            with suppress(DBusErrorResponse):  # then sleep is heard, and not held up
                (self._inhibitor,) = self._ask(MANAGER_PATH, MANAGER, "Inhibit", "ssss", *what)

    def _ask(self, path: str, interface: str, name: str, form: str, *values: str) -> Any:
        from jeepney import DBusAddress, new_method_call  # noqa: PLC0415 - same
        from jeepney.wrappers import unwrap_msg  # noqa: PLC0415 - same

        call = new_method_call(DBusAddress(path, LOGIN, interface), name, form, values)
        return unwrap_msg(self._bus.send_and_get_reply(call))


def _field(message: Message, name: str) -> str:
    from jeepney import HeaderFields  # noqa: PLC0415 - same

    return str(message.header.fields.get(HeaderFields[name], ""))
