"""What a message says in so many words: `resources/guard/told.toml` as data.

It decides which fixed reply answers, and raises what the classifier took for less than the
protocol's table says. It alarms nobody by itself: it is asked only where there is concern already.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.reading import Reading, negated
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict


class Told(StrEnum):
    """What is said."""

    SUICIDE = "suicide_said"
    PAST_ATTEMPT = "past_attempt"
    ASSAULT = "assault"
    VIOLENCE = "violence"
    UNSAFE = "unsafe"
    WOULD_KILL = "would_kill"
    ARMED = "armed"


PAST_BY_ITSELF: Final = {Told.PAST_ATTEMPT}
OF_ONESELF: Final = {Told.SUICIDE, Told.PAST_ATTEMPT}
EVERYDAY: Final = {"tech", "play", "food", "sport"}
"""Concepts of what people are cross about: "I could kill my flatmate, he ate my cake"."""


def told_by(reading: Reading) -> frozenset[Told]:
    """Return what a message says."""
    if any("laugh" in clause.names() for clause in reading.clauses):
        return frozenset()
    found = {one for at in range(len(reading.clauses)) for one in _told_by(reading, at)}
    if Told.PAST_ATTEMPT in found:
        found.discard(Told.SUICIDE)
    if Told.ARMED not in found and any(EVERYDAY & clause.names() for clause in reading.clauses):
        found.discard(Told.WOULD_KILL)
    return frozenset(found)


def raised(verdict: Verdict, told: frozenset[Told], *, brief: bool) -> Verdict:
    """Return `verdict`, no lower than the protocol's table says of what is told.

    Args:
        verdict: what rules and classifier say.
        told: what the message says.
        brief: it says hardly anything else; a long one may tell of what is over.
    """
    if verdict.level is Level.NONE:
        return verdict
    least: list[tuple[Level, Category]] = []
    if Told.WOULD_KILL in told and Category.HARM_TO_OTHERS in verdict.categories:
        armed = Told.ARMED in told
        least.append((Level.EMERGENCY if armed else Level.HIGH, Category.HARM_TO_OTHERS))
    if Told.SUICIDE in told and brief:
        least.append((Level.HIGH, Category.SUICIDE))
    if Told.ASSAULT in told:
        least.append((Level.HIGH, Category.ABUSE))
    if told & {Told.VIOLENCE, Told.UNSAFE} and Category.ABUSE in verdict.categories:
        least.append((Level.HIGH, Category.ABUSE))
    level = max((verdict.level, *(level for level, _ in least)), key=lambda one: one.rank)
    named = {*verdict.categories, *(category for _, category in least)}
    return Verdict(level, tuple(one for one in Category if one in named), ACTIONS[level])


def _told_by(reading: Reading, number: int) -> Iterator[Told]:
    clause = reading.clauses[number]
    names = clause.names()
    if names & {"media", "quote"}:
        return
    past = "past" in names and "now" not in names
    for name, place in _words().found_in(clause.text):
        if negated(clause.text, place) or (past and name not in PAST_BY_ITSELF):
            continue
        if name in OF_ONESELF and reading.person_before(number, place) not in {None, "self"}:
            continue
        yield Told(name)


@cache
def _words() -> Words:
    return Words.of(table("told")["words"])
