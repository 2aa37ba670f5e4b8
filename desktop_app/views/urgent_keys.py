"""Ctrl+L and F9, wherever the keyboard is.

A shortcut belongs to one window and waits while a dialog or a menu of the same program has the
keyboard. These two are for the moment when somebody comes in, so they are taken before anything
else hears of them. A dialog of the system's own, which a file dialog is on Windows and macOS,
does not show its keys to the program.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

LOCK: Final = (Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
HIDE: Final = (Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)


class UrgentKeys(QObject):
    """Watches every key of the program from `watch` until `close`."""

    lock_wanted = Signal()
    hide_wanted = Signal()

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__()
        self._app = app
        self._wanted = {LOCK: self.lock_wanted, HIDE: self.hide_wanted}

    def watch(self) -> None:
        """Begin to watch."""
        self._app.installEventFilter(self)

    def close(self) -> None:
        """Watch no longer."""
        self._app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt; of the two keys nobody else hears."""
        kind = event.type()
        if kind in {QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress}:
            assert isinstance(event, QKeyEvent)
            wanted = self._wanted.get((Qt.Key(event.key()), event.modifiers()))
            if wanted is not None:
                event.accept()  # an override that is taken is followed by the key itself
                if kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
                    wanted.emit()
                return True
        return super().eventFilter(watched, event)
