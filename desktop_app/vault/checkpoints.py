"""When the write-ahead log is emptied: soon after a change, sooner after a removal.

Until then the log holds what was removed, encrypted, and after a crash it has to be read again.
Closing the history, which locking and quitting do, does at once what would be done later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from desktop_app.vault.errors import VaultError

AFTER_COMMIT_SECONDS: Final = 30.0
AFTER_DELETE_SECONDS: Final = 5.0


class Pending(Protocol):
    """A call that will be made, unless it is cancelled."""

    def cancel(self) -> None:
        """Do not make it; one that is being made goes on."""


Later = Callable[[float, Callable[[], None]], Pending]
"""Makes a call after so many seconds, in a thread of its own."""


def on_a_timer(seconds: float, call: Callable[[], None]) -> Pending:
    """Make `call` later; the program may end before that."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer


class Checkpoints:
    """Calls `empty_log` in time. At most one call is pending, and none while nothing changes.

    `then` follows it, and may take long: what is removed meanwhile does not wait for it, and it is
    not called again before it has ended.
    """

    def __init__(
        self,
        empty_log: Callable[[], None],
        later: Later = on_a_timer,
        clock: Callable[[], float] = time.monotonic,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._empty_log = empty_log
        self._then = then
        self._later = later
        self._clock = clock
        self._guard = threading.Lock()
        self._running = threading.Lock()
        self._following = threading.Lock()
        """Taken while `_running` is held, so that whoever closes waits for both."""
        self._pending: Pending | None = None
        self._due = float("inf")
        self._closed = False

    def committed(self, deleted: bool) -> None:
        """Take note of a transaction that ended; `deleted`: it removed something."""
        seconds = AFTER_DELETE_SECONDS if deleted else AFTER_COMMIT_SECONDS
        due = self._clock() + seconds
        with self._guard:
            if self._closed or due >= self._due:
                return
            if self._pending is not None:
                self._pending.cancel()
            self._due = due
            self._pending = self._later(seconds, self._run)

    def close(self) -> None:
        """Make the pending call now and none later; one that is being made is waited for."""
        with self._guard:
            self._closed = True
            pending, self._pending = self._pending, None
            if pending is not None:
                pending.cancel()
        with self._running, self._following, suppress(VaultError):  # the next start reads the log
            if pending is not None:
                self._empty_log()
                self._then()

    def _run(self) -> None:
        with self._running:
            with self._guard:
                if self._closed:
                    return
                self._pending, self._due = None, float("inf")
            try:
                self._empty_log()
            except VaultError:  # a full disk: what was removed is not to wait for the next change
                self.committed(deleted=False)
                return
            follows = self._following.acquire(blocking=False)
        if follows:
            try:
                with suppress(VaultError):
                    self._then()
            finally:
                self._following.release()
