"""What of a conversation fits into the model's context.

Turns are dropped oldest first and in one large step: the transcript's beginning changes, so the
whole of it is evaluated again, and that should happen once in many turns. What they said stays in
a summary.

Counting tokens costs time, and a conversation opened from the history may hold thousands of
turns. So the count starts at the end, with about as much as the context could hold, and goes
further back only while that fits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from typing import Final

from desktop_app.conversation.summary import extracted
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.errors import MessageError

DOWN_TO: Final = 0.6
"""After dropping, the transcript fills at most this part of its room, the summary included."""
FOR_SUMMARY: Final = 0.1
"""A summary that is made takes at most this part of the room."""
NEARLY_FULL: Final = 0.9
"""Turns are dropped before they have to be, while nobody waits, when so much of it is filled."""
CHARACTERS_A_TOKEN: Final = 4
"""Where the count begins; English text has about so many, Chinese fewer."""

Count = Callable[[tuple[Turn, ...]], int]
"""Tokens of a rendered transcript; more turns never take fewer."""


def fit(session: Session, room: int, count: Count, *, filled: float = 1.0) -> Session:
    """Return the session with as many leading turns unseen as `room` demands.

    The system text, what the person has put into the summary and the last message always stay,
    and what stays begins with a user turn.

    Args:
        session: a conversation that ends with a user turn.
        room: tokens the rendered transcript may take.
        count: tells how many a transcript takes.
        filled: the part of the room that may be taken before turns are dropped.

    Raises:
        MessageError: the system text and the last message alone are too long.
    """

    def needed(start: int) -> int:
        return count(_forgetting(session, start).visible())

    starts = _starts(session)
    reach = CHARACTERS_A_TOKEN * room
    while needed(starts[near := _earliest_within(session, starts, reach)]) <= room * filled:
        if near == 0:
            return session
        reach *= 2
    later, aim = starts[near + 1 :], int(room * (DOWN_TO - FOR_SUMMARY))
    fitting = bisect_left(later, True, key=lambda start: needed(start) <= aim)
    if later and fitting == len(later) and needed(later[-1]) <= room:
        fitting -= 1
    if fitting == len(later):
        raise MessageError("message.too_long", characters=len(session.turns[-1].content))
    most = min(int(room * FOR_SUMMARY), room - needed(later[fitting]))
    return _summarising(session, later[fitting], most, count)


def summary_tokens(session: Session, count: Count) -> int:
    """Return what the summary that was made adds to a transcript."""
    last = replace(session, turns=(Turn(Role.USER, ""),), unseen=0)
    without = replace(last, summary=replace(session.summary, made=""))
    return count(last.visible()) - count(without.visible())


def _forgetting(session: Session, start: int) -> Session:
    """Return a session that sees less, and in the place of that nothing yet."""
    if start == session.unseen:
        return session
    return replace(session, unseen=start, summary=replace(session.summary, made=""))


def _summarising(session: Session, start: int, most: int, count: Count) -> Session:
    """Return a session that sees less, summarised in at most so many tokens."""

    def having(made: str) -> Session:
        return replace(session, unseen=start, summary=replace(session.summary, made=made))

    forgotten = session.turns[session.unseen : start]
    return having(
        extracted(
            session.summary, forgotten, lambda made: summary_tokens(having(made), count) <= most
        )
    )


def _starts(session: Session) -> list[int]:
    """Return where the visible turns begin, then every later user turn they could begin with."""
    return [session.unseen] + [
        position
        for position, turn in enumerate(session.turns)
        if turn.role is Role.USER and position > session.unseen
    ]


def _earliest_within(session: Session, starts: list[int], characters: int) -> int:
    """Return the index of the earliest start with at most so many characters after it.

    The last start, when even that has more.
    """
    held = list(accumulate(len(turn.content) for turn in reversed(session.turns)))
    within = bisect_left(starts, True, key=lambda start: held[-1 - start] <= characters)
    return min(within, len(starts) - 1)
