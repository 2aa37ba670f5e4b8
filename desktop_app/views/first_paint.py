"""What waits until the window is on the screen: of two cores at a start, the eye has the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

SOON_MS: Final = 100
"""After the paint: too short for a person to have seen the window and pressed a key."""
LATEST_MS: Final = 5000
"""A window that starts minimised is not painted, and its history may be open all the same."""


class FirstPaint(QObject):
    """Calls `act` soon after `widget` has first been painted, or after a while without; once.

    It is gone then; after `end` it calls nothing.
    """

    def __init__(self, widget: QWidget, act: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._timer = QTimer(self, interval=LATEST_MS, singleShot=True)
        self._timer.timeout.connect(self.end)
        self._timer.timeout.connect(act)
        self._timer.timeout.connect(self.deleteLater)
        self._timer.start()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._timer.start(SOON_MS)
        return super().eventFilter(watched, event)

    def end(self) -> None:
        """Call nothing any more: the window goes."""
        self._widget.removeEventFilter(self)
        self._timer.stop()
