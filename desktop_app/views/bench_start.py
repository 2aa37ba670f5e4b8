"""When a window can first be used: its wanted part is painted, and the event loop is free."""

from __future__ import annotations

import json
import sys
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

OFTEN_MS: Final = 5


class Start(QObject):
    """Prints one JSON line when a widget of a kind was painted and keys would be taken.

    Another one when a widget of the class that `then` names is there, which is made later.

    Made before the application, so that it costs the start nothing: it begins to look in the
    first turn of the event loop.
    """

    def __init__(self, kind: type[QWidget], then: str | None = None) -> None:
        super().__init__()
        self._kind = kind
        self._then = then
        self._painted = False
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))

    def customEvent(self, _event: QEvent) -> None:
        """See Qt; the first turn of the loop."""
        for widget in QApplication.allWidgets():
            if isinstance(widget, self._kind):
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._say)  # after this paint and whatever waits behind it
        return super().eventFilter(watched, event)

    def _say(self) -> None:
        say_usable()
        if self._then is not None:
            self._look()

    def _look(self) -> None:
        if any(type(each).__name__ == self._then for each in QApplication.allWidgets()):
            say_usable()
        else:
            QTimer.singleShot(OFTEN_MS, self._look)


def say_usable() -> None:
    """Print that the window can be used, and by which of Qt's platforms it is shown."""
    sys.stdout.write(json.dumps({"platform": QGuiApplication.platformName()}) + "\n")
    sys.stdout.flush()
