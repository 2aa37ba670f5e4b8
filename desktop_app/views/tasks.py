"""Work that takes its time, away from the window's thread, and its outcome back in it.

A keyring may ask the person for a password and Argon2id is slow on purpose, so each task has a
thread of its own; that thread also loads the vault's libraries, which a first paint need not wait
for. The threads are daemons: one that waits for a person who has gone does not keep the program
alive, and the system drops the vault's lock with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

PATIENCE_SECONDS: Final = 2.0
"""How long `close` waits; Argon2id and an unclean 100 MB file together need about one."""


class Tasks(QObject):
    """Whatever is started ends in exactly one call, `done` or `failed`, in the window's thread."""

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._running: list[_Task] = []
        self._left: list[_Task] = []
        self._ended.connect(self._hand_on, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        work: Callable[[], object],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        let_go: Callable[[Any], None] = lambda _: None,
    ) -> None:
        """Do `work` in a thread; what it returns goes to `done`, what it raises to `failed`.

        `let_go` closes what it returned where nobody hears of it any more; somebody may wait.
        """
        task = _Task(work, self._ended.emit, done, failed, let_go)
        self._running.append(task)
        task.start()

    def abandon(self) -> None:
        """Hear no more of what was started. What it opens all the same is let go of."""
        for task in self._running:
            task.abandon()
        self._left += self._running
        self._running = []

    @property
    def works(self) -> bool:
        """Tell whether the outcome of something is still to come."""
        return bool(self._running)

    def joined(self, seconds: float) -> bool:
        """Wait so long at most for what runs, which is handed on all the same; tell if it ended."""
        until = time.monotonic() + seconds
        for task in self._running:
            task.join(max(0.0, until - time.monotonic()))
        return not any(task.is_alive() for task in self._running)

    def close(self) -> None:
        """Abandon what was started and wait for its threads, but not for a person."""
        close_all([self])

    def wait(self, until: float) -> None:
        """Wait for what was abandoned, and do so once; `until` is of the monotonic clock."""
        left, self._left = self._left, []
        for task in left:
            task.join(max(0.0, until - time.monotonic()))

    @Slot(object)
    def _hand_on(self, task: _Task) -> None:
        if task in self._running:  # not abandoned meanwhile
            self._running.remove(task)
            task.hand_on()


def close_all(every: Iterable[Tasks]) -> None:
    """Close several: all are abandoned before one is waited for, together as long as for one."""
    every = list(every)
    for tasks in every:
        tasks.abandon()
    until = time.monotonic() + PATIENCE_SECONDS
    for tasks in every:
        tasks.wait(until)


class _Task(threading.Thread):
    """One thing asked, its thread, and who hears of the outcome."""

    def __init__(
        self,
        work: Callable[[], object],
        ended: Callable[[_Task], None],
        done: Callable[[object], None],
        failed: Callable[[Exception], None],
        let_go: Callable[[Any], None],
    ) -> None:
        super().__init__(name="task", daemon=True)
        self._work, self._ended, self._done, self._failed = work, ended, done, failed
        self._let_go = let_go
        self._turn = threading.Lock()
        self._abandoned = False
        self._outcome: object = None

    def run(self) -> None:
        try:
            outcome = self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            outcome = error
            _forget_frames(error)
        del self._work  # a passphrase may be in it
        with self._turn:
            if self._abandoned:
                self._drop(outcome)
            else:
                self._outcome = outcome
                self._ended(self)  # posts an event, so nothing waits for the lock

    def hand_on(self) -> None:
        """Tell the outcome; in the window's thread."""
        outcome, self._outcome = self._outcome, None
        if isinstance(outcome, Exception):
            self._failed(outcome)
        else:
            self._done(outcome)

    def abandon(self) -> None:
        """Close whatever was or will be opened."""
        with self._turn:
            self._abandoned = True
            outcome, self._outcome = self._outcome, None
            self._done = self._failed = _unheard  # what was typed may be in them
        self._drop(outcome)

    def _drop(self, outcome: object) -> None:
        if outcome is not None and not isinstance(outcome, Exception):
            self._let_go(outcome)


def _forget_frames(error: BaseException | None) -> None:
    """Drop what the thread was working with: a key or a passphrase, for as long as it is told."""
    if error is not None:
        error.__traceback__ = None
        for before in {error.__cause__, error.__context__}:
            _forget_frames(before)


def _unheard(_: object) -> None:
    """Hear of nothing."""
