"""What the desktops' screen savers say on the session bus: the screen has been locked.

Some desktops lock without telling logind. Whoever on this bus pretends to be one of them can
have the window locked, and nothing else.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection

INTERFACES: Final = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)


class ScreenSavers(QObject):
    """Listens to all of them, whether they run or not."""

    leaving = Signal()

    def __init__(self, bus: QDBusConnection) -> None:
        super().__init__()
        for interface in INTERFACES:
            # PySide's stub says bytes; what `SLOT` gives, and what works, is str.
            bus.connect("", "", interface, "ActiveChanged", self, SLOT("covers(bool)"))  # type: ignore[call-overload]

    @Slot(bool)
    def covers(self, covered: bool) -> None:
        """Hear that the screen is covered, or no longer is."""
        if covered:
            self.leaving.emit()
