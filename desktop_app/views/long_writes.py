"""Replies, and changes of the whole history: they take turns.

A merge, a purge and a changed key hold the database in one piece, all or nothing, for as long as
they take. The words of a reply that came meanwhile would wait for that and not be on the disk
within a second. So such a change waits for the reply in progress, and no reply begins before it has
ended. What is off the record is written nowhere, and waits for none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
        self._own = threading.get_ident()
        self._turn = threading.Lock()
        self._replying = False
        self._wanted: list[object] = []
        """Changes that wait, or are being made."""

    @property
    def changing(self) -> bool:
        """Tell whether the whole history is being changed, or is to be after the reply."""
        return bool(self._wanted)

    @property
    def replying(self) -> bool:
        """Tell whether replies have the turn, whatever waits for it."""
        return self._replying

    @property
    def under_way(self) -> bool:
        """Tell whether the whole history is being changed: who writes now waits for that."""
        return bool(self._wanted) and not self._replying and self._turn.locked()

    def begin_replying(self) -> bool:
        """Take the turn for replies; False while the history changes or is to: see `ended`."""
        if self._wanted:  # however many wait for a reply
            return False
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
        """Wait until no reply comes, and let none begin meanwhile.

        In the window's own thread, which closes the history, nothing comes meanwhile anyhow.

        Raises:
            GivenUpError: `check` raised it, the history being closed; nothing was begun.
        """
        if threading.get_ident() == self._own:
            yield
            return
        mark = object()
        self._wanted.append(mark)
        try:
            while not self._turn.acquire(timeout=LOOK_S):
                check()
            try:
                check()  # the reply may have ended because the history is being closed
                yield
            finally:
                self._turn.release()
        finally:
            self._wanted.remove(mark)
            with suppress(RuntimeError):  # the window has gone, and this with it
                self.ended.emit()
