"""How long the window's event loop stands still while its model dies, hangs, or is garbage."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, Qt, QTimer

from desktop_app.engine import process, watchdog
from desktop_app.views.window import MainWindow

HOW: Final = (signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGSTOP)
LOADING_S: Final = (0.0, 0.3)
"""After its start: while it imports, while it reads the model."""
PATIENCE_S, LOAD_PATIENCE_S = 3.0, 10.0
"""In place of minutes, with a child that is stopped."""
WORKER: Final = b"desktop_app.engine.worker"
MESSAGE: Final = "I could not sleep again. " * 8
TICK_MS: Final = 5


class Stalls(QObject):
    """Ticks in the event loop, and remembers the longest time it was late.

    Time in which this thread could have gone on, had other programs not had the processor, is no
    stall of ours; it is kept apart.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = threading.get_native_id()
        self.begin()
        timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self.tick)
        timer.start()

    def begin(self) -> None:
        """Forget what was until now."""
        self._last, self._queued = time.perf_counter(), self._queued_ms()
        self.worst_ms = self.worst_with_queue_ms = 0.0

    def tick(self) -> None:
        """Note how late this is; the timer does so."""
        now, queued = time.perf_counter(), self._queued_ms()
        late = 1000 * (now - self._last) - TICK_MS
        self.worst_with_queue_ms = max(self.worst_with_queue_ms, late)
        self.worst_ms = max(self.worst_ms, late - (queued - self._queued))
        self._last, self._queued = now, queued

    def _queued_ms(self) -> float:
        """Return how long this thread has waited for a processor so far; 0 where nobody counts."""
        try:
            text = Path(f"/proc/self/task/{self._thread}/schedstat").read_text(encoding="ascii")
        except OSError:
            return 0.0
        return int(text.split()[1]) / 1e6


def die_and_hang(window: MainWindow) -> None:
    """End and stop the child in each phase, open garbage; print the longest stalls; then close.

    Beside it stands the longest stall of the same without a fault.
    """
    with tempfile.TemporaryDirectory() as folder:
        _measure(window, _garbage(Path(folder)))  # written first: that would be a stall
    window.close()


def _measure(window: MainWindow, garbage: list[Path]) -> None:
    vars(watchdog).update(PATIENCE_S=PATIENCE_S, LOAD_PATIENCE_S=LOAD_PATIENCE_S)
    vars(process)["HANDSHAKE_S"] = PATIENCE_S
    stalls = Stalls(window)
    _load(window)
    _answer(window)  # the first message of all loads what judges it
    stalls.begin()
    for _ in range(len(HOW)):
        _load(window)
        _answer(window)
    undisturbed = stalls.worst_ms
    stalls.begin()
    struck = 0
    for how in HOW:
        for after in LOADING_S:
            window.model.open(_model())
            struck += _strike(how, after)
            _wait_until(lambda: not _opening(window))
        struck += _answer(window, lambda: _strike(how), words=False)  # noqa: B023 - called at once
        struck += _answer(window, lambda: _strike(how), words=True)  # noqa: B023 - the same
    refused = 0
    for path in garbage:
        window.model.open(str(path))
        _wait_until(lambda: not _opening(window))
        refused += window.model.error is not None
    found = {
        "faults": struck,
        "refused_files": refused,
        "worst": round(stalls.worst_ms, 1),
        "worst_with_queue": round(stalls.worst_with_queue_ms, 1),
        "undisturbed": round(undisturbed, 1),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def _garbage(folder: Path) -> list[Path]:
    """Write a file of noise, and one that ends in the middle of the model."""
    whole = Path(_model()).read_bytes()
    noise, half = folder / "noise.gguf", folder / "half.gguf"
    noise.write_bytes(os.urandom(len(whole)))
    half.write_bytes(whole[: len(whole) // 2])
    return [noise, half]


def _load(window: MainWindow) -> None:
    window.model.open(_model())
    _wait_until(lambda: not _opening(window))


def _opening(window: MainWindow) -> bool:
    return window.model.status == "window.model_opening"


def _model() -> str:
    return sys.argv[sys.argv.index("--model") + 1]


def _answer(
    window: MainWindow, strike: Callable[[], bool] = lambda: False, *, words: bool = True
) -> bool:
    """Have a message answered, and strike at once or at its first words; tell whether that hit."""
    window.begin_conversation(off_the_record=True)
    window.send(MESSAGE)
    messages = window.conversation.messages
    if words:
        _wait_until(lambda: window.exchange.current is None or messages.rowCount() > 1)
    hit = strike()
    _wait_until(lambda: window.exchange.current is None)
    return hit


def _strike(how: signal.Signals, after_s: float = 0.0) -> bool:
    """Send the child a signal so long after it is there; tell whether there was one."""
    until = time.perf_counter() + after_s + PATIENCE_S
    _wait_until(lambda: bool(_children()) or time.perf_counter() > until)
    began = time.perf_counter()
    _wait_until(lambda: time.perf_counter() - began >= after_s)
    for child in _children():
        os.kill(child, how)
    return bool(_children())


def _children() -> list[int]:
    """Return the model's processes, once they are such (proc(5)); none without a /proc."""
    lists = Path("/proc/self/task").glob("*/children")
    started = [child for file in lists for child in _read(file).split()]
    return [int(child) for child in started if WORKER in _read(Path(f"/proc/{int(child)}/cmdline"))]


def _read(file: Path) -> bytes:
    """Return what a file of /proc holds; nothing where its thread or process has just ended."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _wait_until(true: Callable[[], bool]) -> None:
    while not true():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
