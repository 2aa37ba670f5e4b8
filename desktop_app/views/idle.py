"""Locks by itself when nobody has touched the window for as long as the person set.

The clock goes on while the machine sleeps, where the system has such a clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from desktop_app.views.preferences import Preferences

Clock = Callable[[], float]
"""Seconds that only grow."""

_TOUCHES: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
    }
)


def awake_or_asleep() -> float:
    """Return seconds since some moment, those of sleep too (Linux: CLOCK_BOOTTIME)."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Idle(QObject):
    """Locks in time from its making; from `watch` on, what the person does counts.

    That is in any window of the program.
    """

    over = Signal()
    """The time is over; again after another whole time."""

    def __init__(
        self,
        app: QApplication,
        preferences: Preferences,
        clock: Clock = awake_or_asleep,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._app = app
        self._preferences = preferences
        self._clock = clock
        self._touched = clock()
        self._closed = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.look)
        preferences.changed.connect(self.touch)
        self._wait()

    def watch(self) -> None:
        """Begin to watch."""
        self._app.installEventFilter(self)

    def touch(self) -> None:
        """Count from now: somebody is here, or a reply is being written for them."""
        self._touched = self._clock()
        self._wait()

    def look(self) -> None:
        """Say whether the time is over, and wait for when it will be."""
        left = self._left()
        if left is not None and left <= 0:
            self._touched = self._clock()
            self.over.emit()
        self._wait()

    def close(self) -> None:
        """Watch no longer, whatever is still changed or said."""
        self._closed = True
        self._app.removeEventFilter(self)
        self._timer.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt; passes on what comes in time."""
        if event.type() in _TOUCHES:
            left = self._left()
            if left is not None and left <= 0:  # the machine slept: too late, and for nothing else
                self.look()
                return True
            self._touched = self._clock()
        return super().eventFilter(watched, event)

    def _left(self) -> float | None:
        """Return the seconds until the time is over; None where it never is."""
        minutes = self._preferences.settings.lock_minutes
        return None if not minutes else self._touched + 60 * minutes - self._clock()

    def _wait(self) -> None:
        left = self._left()
        if left is None or self._closed:
            self._timer.stop()
        else:
            self._timer.start(max(0, round(1000 * left)))
