"""When a person is told again that this is a program, and to take a break.

The strictest rule of any region holds in all of them: before the first use, after seven days
away, whenever asked (Utah Code 13-72a-203), every three hours of use (New York GBL 1701,
California SB 243), and a break after two hours (China, Interim Measures on anthropomorphic
interactive services, in force since 2026-07-15). New York wants its words said at the
start as well. Leaving is never argued with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from resources.messages import language

AWAY_DAYS: Final = 7
PROGRAM_EVERY_S: Final = 3 * 3600.0
BREAK_AFTER_S: Final = 2 * 3600.0
PAUSE_S: Final = 20 * 60.0
"""Who wrote nothing for so long has had a break."""
NEW_YORK_WORDS: Final = "US"
"""The region whose law gives the sentence itself, in English."""


class Reminder(StrEnum):
    """What is due; the key of its sentence under `reminder`."""

    PROGRAM = "program"
    PROGRAM_US = "program_us"
    BREAK = "break"


def today() -> date:
    """Return the day where the person is."""
    return datetime.now(UTC).astimezone().date()


def away_long(last_day: str | None, day: date) -> bool:
    """Tell whether the last use is so long before `day` that the first notice is shown again.

    Args:
        last_day: YYYY-MM-DD, as the settings have it.
        day: today; one before the last use means that a clock was wrong, and shows it too.
    """
    if last_day is None:
        return False
    return not 0 <= (day - date.fromisoformat(last_day)).days < AWAY_DAYS


class InUse:
    """Counts from the first message; asked at each one what is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told = self._rested = self._last = clock()
        self._said_at_start = False

    def said(self, region: str | None) -> tuple[Reminder, ...]:
        """Take note of a message; return what the person is reminded of now.

        Args:
            region: id of hotlines.toml.
        """
        now = self._clock()
        if now - self._last >= PAUSE_S:
            self._rested = now
        self._last = now
        due = []
        in_english = region == NEW_YORK_WORDS and language() == "en"
        if now - self._told >= PROGRAM_EVERY_S or (in_english and not self._said_at_start):
            self._told, self._said_at_start = now, True
            due.append(Reminder.PROGRAM_US if in_english else Reminder.PROGRAM)
        if now - self._rested >= BREAK_AFTER_S:
            self._rested = now
            due.append(Reminder.BREAK)
        return tuple(due)

    def without_break(self, due: Sequence[Reminder]) -> tuple[Reminder, ...]:
        """Return what is due but for a break: it is due again at the next message.

        Nobody who has just spoken of dying is told to stretch and drink some water.
        """
        if Reminder.BREAK in due:
            self._rested = self._last - BREAK_AFTER_S
        return tuple(each for each in due if each is not Reminder.BREAK)
