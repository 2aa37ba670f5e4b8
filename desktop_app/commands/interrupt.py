"""Ctrl-C while a reply is being written stops the reply; a second one stops the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupt_calls(cancel: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """While inside, the first Ctrl-C calls `cancel`, the next raises KeyboardInterrupt, once.

    Gives a function after which none does anything: what came is being written down.

    A signal handler may run while this very thread writes to the engine's pipe, so it must not
    write to it: another thread does.
    """

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(*_: object) -> None:
        ignore()
        raise KeyboardInterrupt

    def cancel_once(*_: object) -> None:
        signal.signal(signal.SIGINT, end)
        threading.Thread(target=cancel, daemon=True).start()

    before = signal.signal(signal.SIGINT, cancel_once)
    try:
        yield ignore
    finally:
        signal.signal(signal.SIGINT, before)
