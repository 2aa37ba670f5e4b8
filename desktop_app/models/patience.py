"""Trying again what passes by itself: a network that went away, a hub in trouble for a while.

A laptop is closed, carried out of reach, moved to another network. What has come of a model is
kept, so waiting costs nothing, and the person is told of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from desktop_app.models.download_faults import RateLimitedError, passes

MOST_ASKED: Final = 5
"""How often in a row a hub may ask for a pause."""
LONGEST_ASKED_S: Final = 120
"""A hub that asks for a longer pause is for the person to come back to."""
LONGEST_PAUSE_S: Final = 60
"""Between two tries. They begin one second apart, and each time twice as far."""
T = TypeVar("T")


class Patience:
    """How long one job waits, and for whom."""

    def __init__(self, seconds: float, told: Callable[[int, bool], None]) -> None:
        """Wait so many seconds without a byte; `told` hears of each pause, and who wanted it.

        Args:
            seconds: after which what went wrong is raised; those the hub asked for do not count.
            told: gets the seconds of a pause, and whether the hub asked for it.
        """
        self._seconds = seconds
        self._told = told
        self.answered: set[str] = set()
        """Who has answered: one that never did is told of at once, for its address may be wrong."""

    def over(self, step: Callable[[], T], come: Callable[[], int] = lambda: 0) -> T:
        """Do `step`, and again for as long as what it raises may pass.

        Args:
            step: what goes on from where it was.
            come: how many bytes are there. More of them, and the patience begins anew.

        Raises:
            Exception: what `step` raised last.
        """
        asked, pauses, there = 0, 0, -1
        since = time.monotonic()
        while True:
            try:
                return step()
            except Exception as error:
                if come() > there:
                    asked, pauses, there, since = 0, 0, come(), time.monotonic()
                if isinstance(error, RateLimitedError):
                    asked += 1
                    if error.seconds is None or error.seconds > LONGEST_ASKED_S:
                        raise
                    if asked > MOST_ASKED:
                        raise
                    began = time.monotonic()
                    self._pause(error.seconds, asked=True)
                    since += time.monotonic() - began  # it keeps us waiting, and does not fail
                    continue
                asked = 0
                if not passes(error, self.answered):
                    raise
                pause = min(2**pauses, LONGEST_PAUSE_S)
                if time.monotonic() + pause > since + self._seconds:
                    raise
                pauses += 1
                self._pause(pause, asked=False)

    def _pause(self, seconds: int, *, asked: bool) -> None:
        self._told(seconds, asked)
        time.sleep(seconds)
