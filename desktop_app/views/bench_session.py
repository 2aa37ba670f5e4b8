"""How long a long conversation takes to open and to scroll, in the real window."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication

from desktop_app.views.bench_start import say_usable
from desktop_app.views.unlock_page import UnlockPage
from desktop_app.views.window import MainWindow


class Unlocked(QObject):
    """Unlocks the window's history with a passphrase, then has something measured."""

    def __init__(self, passphrase: str, then: Callable[[MainWindow], None]) -> None:
        """To be made before the application, see `Start`."""
        super().__init__()
        self._passphrase = passphrase
        self._then = then
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.User))

    def customEvent(self, _event: QEvent) -> None:
        """See Qt; the first turn of the loop."""
        QTimer.singleShot(0, self._unlock)

    def _unlock(self) -> None:
        widgets = QApplication.allWidgets()
        (page,) = (each for each in widgets if isinstance(each, UnlockPage))
        (window,) = (each for each in widgets if isinstance(each, MainWindow))
        _wait_until(page.field.isVisible)
        page.field.line.setText(self._passphrase)
        page.main.click()
        _wait_until(lambda: window.passed)
        self._then(window)


def stay(_window: MainWindow) -> None:
    """Measure nothing: say that the conversation can be used."""
    say_usable()


def open_and_scroll(window: MainWindow) -> None:
    """Open the second conversation of the list, scroll it end to end, print both; then close."""
    sys.stdout.write(json.dumps({"open_ms": _opening(window)} | _scrolling(window)) + "\n")
    sys.stdout.flush()
    window.close()


def _opening(window: MainWindow) -> float:
    """Return the milliseconds until the end of the conversation is painted."""
    paints = _Paints(window.middle.transcript.viewport())
    began = time.perf_counter()
    window.show_conversation(1)
    paints.count = 0
    _wait_until(lambda: paints.count > 0)
    return _milliseconds(began)


def _scrolling(window: MainWindow) -> dict[str, Any]:
    """Scroll from the end to the beginning by half a page a frame."""
    transcript = window.middle.transcript
    bar, viewport = transcript.verticalScrollBar(), transcript.viewport()
    frames = []
    while bar.value() > bar.minimum():
        began = time.perf_counter()
        bar.setValue(bar.value() - viewport.height() // 2)
        viewport.repaint()
        frames.append(_milliseconds(began))
        QCoreApplication.processEvents()
    return {
        "frames": len(frames),
        "frame_ms": {"median": round(median(frames), 1), "worst": max(frames)},
    }


class _Paints(QObject):
    """Counts how often a widget was painted."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        self.count += event.type() == QEvent.Type.Paint
        return super().eventFilter(watched, event)


def _wait_until(true: Callable[[], bool]) -> None:
    while not true():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def _milliseconds(began: float) -> float:
    return round(1000 * (time.perf_counter() - began), 1)
