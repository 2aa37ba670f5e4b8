"""The child's sign of life: it comes out of llama.cpp's own work, so a stuck one gives none.

A thread that beats by itself would beat on while the computing hangs. This is called between the
nodes of a graph and between the tensors of a file (ggml's abort callback, llama.cpp's progress
callback), in the thread that computes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from desktop_app.engine import wire

EVERY_S: Final = 1.0


class Pulse:
    """Tells the parent, at most once a second, that the work gets on."""

    def __init__(self, send: Callable[[wire.Message], None]) -> None:
        self._send = send
        self._last = time.monotonic()

    def tick(self) -> None:
        """Note that something was computed."""
        now = time.monotonic()
        if now - self._last >= EVERY_S:
            self._last = now
            self._send({"event": "alive"})
