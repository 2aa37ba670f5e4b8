"""Another's death by their own hand: where it is told, and when who mourns is in danger too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.another import GONE, SEEN, speaks_of_own_death
from desktop_app.care.guard.answers import Sign, tells
from desktop_app.care.guard.reading import Reading
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.told import Told, told_by
from desktop_app.care.guard.verdict import Level
from desktop_app.care.guard.whom import turns_to_oneself
from desktop_app.care.guard.whose import (
    done_to_the_writer,
    has_died,
    has_seen,
    is_past,
    is_recent,
    others_in,
)

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.standing import Standing

ASKED_AFTER: Final = "concern.gone.2"
"""Words that ask who mourns about themselves."""


def deaths_told(
    said: Said,
    readings: Sequence[Reading],
    recent: Sequence[Said],
    *,
    stands: bool,
    of_another: bool,
) -> frozenset[str]:
    """Return what a message tells of a death.

    Args:
        said: the message.
        readings: all of the talk in which danger stands, with the message.
        recent: the messages just before it.
        stands: danger stands.
        of_another: it is another's.
    """
    if another_is_gone(said) or (of_another and has_died(said.reading, readings)):
        return frozenset({GONE})
    if stands:
        return frozenset()
    if has_seen(said.reading) and Told.SUICIDE not in told_by(said.reading):
        return frozenset({GONE, SEEN})
    before = [each.reading for each in recent[-1:]]
    told = any(others_in(each).over for each in before)
    return frozenset({GONE} if told and has_died(said.reading, before) else ())


def lost_lately(said: Said) -> bool:
    """Tell whether another's death by their own hand is told, and of the last weeks."""
    return another_is_gone(said) and is_recent(said.reading)


def after_a_death(message: Heard, told: Collection[str]) -> Heard:
    """Return a message with what it means after a death: to go where they went is suicide."""
    if GONE not in told or Told.FOLLOWS not in message.says:
        return message
    return replace(message, says=message.says | {Told.SUICIDE})


def follows(message: Heard) -> bool:
    """Tell whether who mourns would follow, or does."""
    return {Told.FOLLOWS, Told.SUICIDE} <= message.says


def only_mourns(message: Heard, already: Collection[str]) -> bool:
    """Tell whether, after a death, a message speaks of no danger: neither another's nor one's own.

    "I cannot sleep" is grief, until one was asked whether it is too much to bear.
    """
    if message.another is not None:
        return False
    grieves = message.itself.rank <= Level.CONCERN.rank and ASKED_AFTER not in already
    own = speaks_of_own_death(message.said) or tells(Sign.NEAR, message.plain)
    own = own or Told.SUICIDE in message.says
    return not own if grieves else not turns_to_oneself(message)


def turns_from_mourning(message: Heard, stand: Standing | None) -> bool:
    """Tell whether who was spoken to as bereaved speaks of their own danger now."""
    if follows(message):
        return True
    if stand is None or stand.last.when not in {GONE, SEEN} or message.another is not None:
        return False
    return not only_mourns(message, {stand.last.id})


def another_is_gone(said: Said) -> bool:
    """Tell whether another's deed is told, and that it is over, and nothing of one's own."""
    reading = said.reading
    others_clauses = others_in(reading)
    others = others_clauses.clauses | others_clauses.over
    return (
        is_past(reading)
        and bool(others)
        and not others_clauses.own
        and not done_to_the_writer(reading)
        and not any(hit.counts and hit.clause not in others for hit in said.hits)
    )
