"""When a person is reminded that this is a program, and of a break; on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from desktop_app.care.disclosure import InUse, Reminder, away_long
from resources.messages import choose_language, sentence

MINUTE = 60.0
HOUR = 60 * MINUTE


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def in_use(clock: Clock) -> InUse:
    return InUse(clock)


@pytest.fixture
def english() -> Iterator[None]:
    choose_language("en")
    yield
    choose_language(None)


def talk(in_use: InUse, clock: Clock, hours: float, region: str = "CN") -> list[Reminder]:
    """Write a message every five minutes."""
    heard = []
    for _ in range(round(hours * HOUR / (5 * MINUTE))):
        clock.now += 5 * MINUTE
        heard += in_use.said(region)
    return heard


def test_nothing_is_said_in_the_first_two_hours(in_use: InUse, clock: Clock) -> None:
    assert talk(in_use, clock, 1.9) == []


def test_a_break_after_two_hours_and_the_program_after_three(in_use: InUse, clock: Clock) -> None:
    assert talk(in_use, clock, 3) == [Reminder.BREAK, Reminder.PROGRAM]


def test_the_program_every_three_hours(in_use: InUse, clock: Clock) -> None:
    assert talk(in_use, clock, 9.1).count(Reminder.PROGRAM) == 3


def test_who_took_a_break_is_not_told_to(in_use: InUse, clock: Clock) -> None:
    talk(in_use, clock, 1.5)
    clock.now += 30 * MINUTE

    assert Reminder.BREAK not in talk(in_use, clock, 1.4)


def test_a_break_that_is_put_off_is_due_at_the_next_message(in_use: InUse, clock: Clock) -> None:
    talk(in_use, clock, 1.95)
    clock.now += 10 * MINUTE

    assert in_use.without_break(in_use.said("CN")) == ()
    assert in_use.said("CN") == (Reminder.BREAK,)
    assert in_use.said("CN") == ()


@pytest.mark.usefixtures("english")
def test_english_in_the_united_states_has_new_yorks_words_at_the_start_and_every_three_hours(
    in_use: InUse, clock: Clock
) -> None:
    assert in_use.said("US") == (Reminder.PROGRAM_US,)
    heard = talk(in_use, clock, 6.1, region="US")

    assert heard.count(Reminder.PROGRAM_US) == 2
    assert Reminder.PROGRAM not in heard
    assert sentence("reminder.program_us") == (
        "THE AI COMPANION IS A COMPUTER PROGRAM AND NOT A HUMAN BEING. "
        "IT IS UNABLE TO FEEL HUMAN EMOTION."
    )


@pytest.mark.parametrize(
    ("last_day", "away"),
    [(None, False), ("2026-11-20", False), ("2026-11-19", True), ("2026-11-27", True)],
)
def test_a_week_away_shows_the_first_notice_again(last_day: str | None, *, away: bool) -> None:
    assert away_long(last_day, date(2026, 11, 26)) is away
