"""Another's death by their own hand: where it is told, and when who mourns is in danger too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from desktop_app.care.guard.another import GONE, OTHER, SEEN, gets_ready, speaks_of_own_death
from desktop_app.care.guard.answers import Sign, tells
from desktop_app.care.guard.company import HARMED
from desktop_app.care.guard.grief import endangers, grieves, turns, would_follow
from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.reading import Clause, Reading
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.subject import begins_with_another, speaks_of_another_only
from desktop_app.care.guard.told import Told, told_by
from desktop_app.care.guard.verdict import Level
from desktop_app.care.guard.whose import (
    by_somebody_in,
    done_to_the_writer,
    has_died,
    is_past,
    is_recent,
    others_in,
    tell_of_death,
)
from desktop_app.care.guard.witness import MADE_UP, beside_what_was_seen, has_seen

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.standing import Standing


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
    if tells_of_following(said):
        return frozenset({Told.FOLLOWS, Told.SUICIDE})
    if another_is_gone(said) or (of_another and has_died(said.reading, readings)):
        return frozenset({GONE})
    if stands:
        return frozenset()
    if has_seen(said.reading) and Told.SUICIDE not in told_by(said.reading):
        return frozenset({GONE, SEEN})
    before = [each.reading for each in recent[-1:]]
    told = any(others_in(each).over for each in before)
    return frozenset({GONE} if told and has_died(said.reading, before) else ())


def tells_of_following(said: Said) -> bool:
    """Tell whether, beside a death of the last weeks or one they saw, somebody would follow."""
    reading = said.reading
    if any(MADE_UP & clause.names() for clause in reading.clauses):
        return False
    if would_follow(beside_what_was_seen(reading)):
        return True
    others = others_in(reading)
    lately = bool(others.over | others.clauses) and is_past(reading) and is_recent(reading)
    told = [
        clause for at, clause in enumerate(reading.clauses) if at in others.over | others.clauses
    ]
    return lately and (would_follow(_clauses_beside(reading)) or turns(told))


def lost_lately(said: Said) -> bool:
    """Tell whether another's death by their own hand is told, and of the last weeks."""
    return another_is_gone(said) and is_recent(said.reading)


def after_a_death(message: Heard, told: Collection[str]) -> Heard:
    """Return a message with what it means after a death: to go where they went is suicide."""
    if not {GONE, SEEN} & set(told):
        return message
    says = message.says | ({Told.SUICIDE} if Told.FOLLOWS in message.says else set())
    return replace(message, says=says, bereaved=True)


def told_in_mourning(message: Heard, told: Collection[str]) -> frozenset[str]:
    """Return what was told: a stranger's death is one, and "his gun" was held at nobody."""
    gone = {GONE} if SEEN in told else set[str]()
    return frozenset(told) - ({HARMED} if has_means(message) else set()) | gone


def follows(message: Heard) -> bool:
    """Tell whether who mourns would follow, or does."""
    return {Told.FOLLOWS, Told.SUICIDE} <= message.says


def only_mourns(message: Heard) -> bool:
    """Tell whether, after a death, a message speaks of no danger: neither another's nor one's own.

    What is known as grief may be as heavy as it is; anything else must alarm nobody by itself.
    """
    if SEEN in message.says:
        return True  # nothing but grief stands beside it
    if message.another is not None or gets_ready(message.said) or endangered(message):
        return False
    if endangers(_beside(message)):
        return False  # be it of another
    if grieves(_beside(message)):
        return True
    if message.gone:
        return _alone(message).rank < Level.HIGH.rank
    calm = message.verdict.level.rank <= Level.CONCERN.rank or not message.of_self
    return calm and message.own.level is Level.NONE


def endangered(message: Heard) -> bool:
    """Tell whether who mourns speaks of their own death, of a means or a place, or of following."""
    if Told.SUICIDE in message.says or tells(Sign.NEAR, message.plain):
        return True
    said = message.said
    own = speaks_of_own_death(said) and not tells(Sign.BLEEDING, message.text)
    if said.told is Level.NONE and grieves(said.reading.clauses):
        own = False  # "tomorrow" is the funeral's
    another = speaks_of_another_only(said.reading)
    goes_on = message.gone and turns(said.reading.clauses)
    return own or goes_on or endangers(_beside(message), of_another=another)


def turns_from_mourning(message: Heard, stand: Standing | None) -> bool:
    """Tell whether who was spoken to as bereaved speaks of their own danger now."""
    if follows(message):
        return True
    if stand is None or stand.about != OTHER or not message.bereaved:
        return False
    if message.another is not None or gets_ready(message.said) or is_hurt(message):
        return False
    # Of whom else something was told since, it may be told as well.
    of_the_dead = message.gone or stand.last.when in {GONE, SEEN} or message.of_self
    if speaks_of_another_only(message.said.reading) and not endangered(message):
        return False
    return of_the_dead and not only_mourns(message)


def level_of_who_mourns(message: Heard, stand: Standing | None) -> Level:
    """Return how grave it is that a death is told first, or that who mourns turns to themselves."""
    if not turns_from_mourning(message, stand):
        return Level.CONCERN if stand is None and message.gone else Level.NONE
    if tells(Sign.NEAR, message.plain):
        return Level.EMERGENCY
    grave = follows(message) or endangered(message)
    return max(Level.HIGH if grave else Level.CONCERN, message.own.level, key=lambda one: one.rank)


def is_hurt(message: Heard) -> bool:
    """Tell whether somebody does violence to who mourns: a gun in their own hands is not that."""
    told = {Told.VIOLENCE, Told.UNSAFE, Told.ASSAULT, Told.TOUCHED} & message.says
    by_somebody = bool(by_somebody_in(message.said.reading))
    return bool(told) or (by_somebody and not has_means(message))


def has_means(message: Heard) -> bool:
    """Tell whether a means is told of that nobody else holds: "his gun" is the writer's now."""
    means = {"gun", "blade", "rope", "method"} & message.said.concepts
    return message.bereaved and bool(means) and not begins_with_another(message.said.reading)


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
        and not endangers(_clauses_beside(reading))
        and not turns(reading.clauses)
    )


def _beside(message: Heard) -> list[Clause]:
    """Return the clauses of a message that do not tell of the death itself."""
    reading = message.said.reading
    return _clauses_beside(reading) if message.gone else list(reading.clauses)


def _clauses_beside(reading: Reading) -> list[Clause]:
    dead = tell_of_death(reading)
    return [clause for at, clause in enumerate(reading.clauses) if at not in dead]


def _alone(message: Heard) -> Level:
    """Return how grave what stands beside a death is by itself."""
    rest = ", ".join(clause.text for clause in _beside(message))
    return judge_message(rest).level if rest else Level.NONE
