"""Replies, and changes of the whole history: they take turns.

A merge and a changed key hold the database in one piece, all or nothing, for as long as they take.
The words of a reply that came meanwhile would wait for that and not be on the disk within a second.
So such a change waits for the reply in progress, and no reply begins before it has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QObject, Signal

LOOK_S: Final = 0.05
"""Whoever waits looks so often whether it is to be given up: a lock waits for that."""


class LongWrites(QObject):
    """Whose turn it is."""

    ended = Signal()
    """A change has ended: a reply that was refused may begin."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turn = threading.Lock()
        self._replying = False

    @property
    def changing(self) -> bool:
        """Tell whether the whole history is being changed, as far as this thread knows."""
        return not self._replying and self._turn.locked()

    def begin_replying(self) -> bool:
        """Take the turn for replies, or keep it; False while the history changes: see `ended`."""
        if not self._replying:
            self._replying = self._turn.acquire(blocking=False)
        return self._replying

    def end_replying(self) -> None:
        """Give the turn back: no reply comes, and none is being kept. Harmless without it."""
        if self._replying:
            self._replying = False
            self._turn.release()

    @contextmanager
    def change(self, check: Callable[[], None]) -> Iterator[None]:
        """Wait until no reply comes, and let none begin meanwhile; never in the window's thread.

        Raises:
            GivenUpError: `check` raised it, the history being closed; nothing was begun.
        """
        while not self._turn.acquire(timeout=LOOK_S):
            check()
        try:
            yield
        finally:
            self._turn.release()
            self.ended.emit()
