"""Ctrl-C in the terminal, its closing and the session's end close the window as its button does.

While Qt waits, Python never runs its signal handlers; the byte that Python writes for a signal
wakes Qt up (signal.set_wakeup_fd).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication


@contextmanager
def signals_quit(app: QApplication) -> Iterator[None]:
    """While inside, SIGINT, SIGTERM and SIGHUP end the event loop. Windows sends none of them."""
    if sys.platform == "win32":
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    notifier = QSocketNotifier(reading, QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: app.quit() if os.read(reading, 64) else None)
    before_fd = signal.set_wakeup_fd(writing)
    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup would have it go on
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, _noted) for number in heard}
    try:
        yield
    finally:
        notifier.setEnabled(False)
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(reading)
        os.close(writing)


def _noted(_number: int, _frame: object) -> None:
    """Do nothing: the wakeup byte has said it already."""
