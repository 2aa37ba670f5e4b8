"""Ctrl-C while a reply is being written stops the reply, not the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupt_calls(cancel: Callable[[], None]) -> Iterator[None]:
    """While inside, Ctrl-C calls `cancel` instead of raising KeyboardInterrupt.

    A signal handler may run while this very thread writes to the engine's pipe, so it must not
    write to it: another thread does.
    """
    before = signal.signal(
        signal.SIGINT, lambda *_: threading.Thread(target=cancel, daemon=True).start()
    )
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
