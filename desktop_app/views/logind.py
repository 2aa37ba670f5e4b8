"""What systemd-logind says on the system bus: the session is locked or left, the machine sleeps.

A delaying inhibitor is held so that locking is finished before the machine sleeps; logind waits
for it five seconds at most (InhibitDelayMaxSec). Where there is no logind, nothing is said.

Source: org.freedesktop.login1(5), systemd-inhibit(1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusUnixFileDescriptor,
    QDBusVariant,
)

from resources.messages import sentence

SERVICE: Final = "org.freedesktop.login1"
MANAGER_PATH: Final = "/org/freedesktop/login1"
MANAGER: Final = "org.freedesktop.login1.Manager"
SESSION: Final = "org.freedesktop.login1.Session"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OWN_SESSION: Final = "/org/freedesktop/login1/session/auto"


class Logind(QObject):
    """Asks without waiting: a bus that does not answer keeps nobody from starting."""

    leaving = Signal()
    """Lock now. Call `locked` afterwards: the machine may be waiting for it."""

    def __init__(self, bus: QDBusConnection) -> None:
        super().__init__()
        self._bus = bus
        self._inhibitor: QDBusUnixFileDescriptor | None = None
        self._sleeping = False
        self.follows = False
        """Whether the session this program runs in is known and listened to."""
        self._asked = 0
        self._listen(MANAGER_PATH, MANAGER, "PrepareForSleep", "sleeps(bool)")
        self._inhibit()
        # Signals come from the session's own path, which only its id leads to.
        self._ask(OWN_SESSION, PROPERTIES, "Get", self._find_session, SESSION, "Id")

    @property
    def holds_sleep_up(self) -> bool:
        """Tell whether the machine waits for `locked` before it sleeps."""
        return self._inhibitor is not None

    @property
    def waits(self) -> bool:
        """Tell whether an answer is still to come."""
        return self._asked > 0

    def locked(self) -> None:
        """Let the machine sleep, if it is about to."""
        if self._sleeping:
            self._inhibitor = None  # the file closes, which is how it is let go of

    @Slot(bool)
    def sleeps(self, begins: bool) -> None:
        """Hear that the machine is about to sleep, or has woken up."""
        self._sleeping = begins
        if begins:
            self.leaving.emit()
        else:
            self._inhibit()

    @Slot(QDBusMessage)
    def locks(self, _message: QDBusMessage) -> None:
        """Hear that the session is to be locked."""
        self.leaving.emit()

    @Slot(QDBusMessage)
    def changes(self, message: QDBusMessage) -> None:
        """Hear that properties of the session changed: ask for the two that matter."""
        if message.arguments()[0] == SESSION:
            self._ask(message.path(), PROPERTIES, "Get", self._locked_hint, SESSION, "LockedHint")
            self._ask(message.path(), PROPERTIES, "Get", self._active, SESSION, "Active")

    def _locked_hint(self, locked: Any) -> None:
        if locked is True:
            self.leaving.emit()

    def _active(self, active: Any) -> None:
        if active is False:  # another person's session is in front now
            self.leaving.emit()

    def _inhibit(self) -> None:
        why = sentence("lock.before_sleep")
        name = sentence("window.title")
        self._ask(MANAGER_PATH, MANAGER, "Inhibit", self._hold, "sleep", name, why, "delay")

    def _hold(self, inhibitor: Any) -> None:
        if isinstance(inhibitor, QDBusUnixFileDescriptor) and inhibitor.isValid():
            self._inhibitor = inhibitor

    def _find_session(self, name: Any) -> None:
        self._ask(MANAGER_PATH, MANAGER, "GetSession", self._follow, str(name))

    def _follow(self, path: Any) -> None:
        where = path.path() if hasattr(path, "path") else str(path)
        self._listen(where, SESSION, "Lock", "locks(QDBusMessage)")
        self._listen(where, PROPERTIES, "PropertiesChanged", "changes(QDBusMessage)")
        self.follows = True

    def _listen(self, path: str, interface: str, name: str, slot: str) -> None:
        # PySide's stub says bytes; what `SLOT` gives, and what works, is str.
        self._bus.connect(SERVICE, path, interface, name, self, SLOT(slot))  # type: ignore[call-overload]

    def _ask(
        self, path: str, interface: str, name: str, take: Callable[[Any], None], *arguments: str
    ) -> None:
        """Call a method; `take` hears the first value of its answer, and nothing of a refusal."""
        call = QDBusMessage.createMethodCall(SERVICE, path, interface, name)
        call.setArguments(list(arguments))
        self._asked += 1
        watcher = QDBusPendingCallWatcher(self._bus.asyncCall(call), self)

        def answered(done: QDBusPendingCallWatcher) -> None:
            self._asked -= 1
            reply = done.reply()
            done.deleteLater()
            if reply.type() is QDBusMessage.MessageType.ReplyMessage and reply.arguments():
                value = reply.arguments()[0]
                take(value.variant() if isinstance(value, QDBusVariant) else value)

        watcher.finished.connect(answered)
