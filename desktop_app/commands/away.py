"""When the person at the terminal has gone: nothing was typed for a time, or the system says so.

A handler of a signal runs while a line is being typed, so that is how the line is left: a timer
ticks, and whoever listens to the system sends a signal of its own. Where nobody types at a
terminal, and on Windows, which has no such signals, nobody is taken to have gone.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Final, Self

from desktop_app.commands.lines import read_line, typed_so_far

TICKS: Final = 10
"""So often is looked within the time: nobody is away for more than a tenth longer."""
AGAIN_S: Final = 0.2
"""A signal that comes in the moment before the terminal is waited for ends no waiting: it is sent
again until it was heard."""
LOOKS: Final = 20
"""So often is looked in that time whether it was."""


@dataclass(frozen=True, slots=True)
class Left:
    """In place of a line: the person has gone."""

    draft: str = field(default="", repr=False)
    """What stood on the line."""


class _GoneError(Exception):
    """Leaves the line; never gets out of this module."""


class Away:
    """Reads lines, and notices while it reads, or has read, that nobody is there."""

    def __init__(self, seconds: float, stop: Callable[[], None]) -> None:
        """Gone is who types nothing for `seconds` (0: never); `stop` ends a reply being written."""
        self._seconds = seconds
        self._stop = stop
        self._reading = self._gone = self._inside = self._heard = False
        self._draft = ""
        self._touched = 0.0
        self._watches = hasattr(signal, "SIGALRM") and sys.stdin.isatty() and sys.stdout.isatty()

    def __enter__(self) -> Self:
        if self._watches:
            signal.signal(signal.SIGALRM, self._tick)
            signal.signal(signal.SIGUSR1, self._told)
            self._inside = True
        return self

    def __exit__(self, *_: object) -> None:
        self._inside = False
        if self._watches:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # one may be on its way

    def tell(self) -> None:
        """Say, from any thread, that the person has gone."""
        self._heard = False  # no Event: its lock would be taken twice by a signal within a signal
        looked = 0
        while self._inside and not self._heard:
            if looked % LOOKS == 0:
                # To the thread that waits: the system would choose any of them.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(AGAIN_S / LOOKS)
            looked += 1

    def back(self) -> None:
        """Take the person to be there again: what was told until now needs no further lock."""
        self._gone = False

    def read_line(self, prompt: str, draft: str = "") -> str | Left | None:
        """Return the next line, begun with `draft`; None at the end of the input.

        Raises:
            InputError: the line is not UTF-8.
        """
        if self._gone:
            self._gone = False
            return Left(draft)
        line: str | Left | None = Left()
        try:
            self._begin(draft)
            line = read_line(prompt, draft)
            self._reading = False
        except _GoneError:
            if isinstance(line, Left):
                return Left(self._draft)
            self._gone = True  # the line was whole already
        finally:
            self._reading = False
            self._draft = ""
            if self._watches:
                signal.setitimer(signal.ITIMER_REAL, 0)
        return line

    def _begin(self, draft: str) -> None:
        self._draft, self._touched, self._reading = draft, time.monotonic(), True
        if self._watches and self._seconds:
            tick = self._seconds / TICKS
            signal.setitimer(signal.ITIMER_REAL, tick, tick)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        now, typed = time.monotonic(), typed_so_far()
        if typed != self._draft:
            self._draft, self._touched = typed, now
        elif self._reading and now - self._touched >= self._seconds:
            self._leave()

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._heard = True
        if self._reading:
            self._draft = typed_so_far()
            self._leave()
        elif not self._gone:
            self._gone = True
            # It may be this thread that writes to the engine just now, so another one does.
            threading.Thread(target=self._stop, daemon=True).start()

    def _leave(self) -> None:
        self._reading = False
        raise _GoneError
