"""What a message says in so many words: `resources/guard/told.toml` as data.

It decides which fixed reply answers, and raises what the classifier took for less than the
protocol's table says. It alarms nobody by itself: it is asked only where there is concern already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.reading import Clause, Reading, negated, read
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict
from desktop_app.care.guard.whose import has_died


class Told(StrEnum):
    """What is said."""

    SUICIDE = "suicide_said"
    PAST_ATTEMPT = "past_attempt"
    ASSAULT = "assault"
    OTHERS_ASSAULT = "others_assault"
    FOLLOWS = "follows"
    """To go where somebody went: it means death only after theirs."""
    AGAIN = "again"
    """Told only with an attempt before."""
    VIOLENCE = "violence"
    UNSAFE = "unsafe"
    WOULD_KILL = "would_kill"
    ARMED = "armed"
    TIMED = "timed"
    SWALLOWED = "swallowed"
    OVERDOSE = "overdose"
    WOUNDED_SELF = "wounded_self"
    TOUCHED = "touched"
    BESIEGED = "besieged"


PAST_BY_ITSELF: Final = {Told.PAST_ATTEMPT}
OF_ONESELF: Final = {
    Told.SUICIDE,
    Told.PAST_ATTEMPT,
    Told.FOLLOWS,
    Told.SWALLOWED,
    Told.OVERDOSE,
    Told.WOUNDED_SELF,
}


def told_by(reading: Reading) -> frozenset[Told]:
    """Return what a message says."""
    if any("laugh" in clause.names() for clause in reading.clauses):
        return frozenset()
    found = {one for at in range(len(reading.clauses)) for one in _told_by(reading, at)}
    if Told.WOULD_KILL in found and any(each.text == "myself" for each in reading.clauses):
        found.add(Told.SUICIDE)  # "kill him, and then myself"
    if Told.FOLLOWS in found and (has_died(reading) or _mourns(reading)):
        found.add(Told.SUICIDE)
    if Told.UNSAFE in found:
        found.discard(Told.VIOLENCE)  # whether they are safe was said: it is not asked
    if Told.PAST_ATTEMPT not in found:
        found.discard(Told.AGAIN)
    elif Told.AGAIN in found or any(_wished_now(clause) for clause in reading.clauses):
        found.discard(Told.PAST_ATTEMPT)
    else:
        found.discard(Told.SUICIDE)
    return frozenset(found)


def tried_before(reading: Reading, earlier: Iterable[str]) -> bool:
    """Tell whether a message names a past attempt outright, and none of those before it did."""
    if Told.PAST_ATTEMPT not in told_by(reading):
        return False
    named = any(words in reading.text for words in plainly("suicide"))
    return named and not any(Told.PAST_ATTEMPT in told_by(read(each)) for each in earlier)


def raised(verdict: Verdict, told: frozenset[Told], *, brief: bool) -> Verdict:
    """Return `verdict`, no lower than the protocol's table says of what is told.

    Args:
        verdict: what rules and classifier say.
        told: what the message says.
        brief: it says hardly anything else; a long one may tell of what is over.
    """
    if verdict.level is Level.NONE:
        return verdict
    least = [*_least_of_deeds(verdict, told), *_least_of_words(verdict, told, brief=brief)]
    level = max((verdict.level, *(level for level, _ in least)), key=lambda one: one.rank)
    all_named = {*verdict.categories, *(category for _, category in least)}
    return Verdict(level, tuple(one for one in Category if one in all_named), ACTIONS[level])


def _least_of_deeds(verdict: Verdict, told: frozenset[Told]) -> Iterator[tuple[Level, Category]]:
    """Yield what is asked for at least by what was done."""
    if Told.OVERDOSE in told:
        yield Level.EMERGENCY, Category.MEDICAL_EMERGENCY
    elif Told.SWALLOWED in told and verdict.level is Level.EMERGENCY:
        yield verdict.level, Category.MEDICAL_EMERGENCY
    if Told.WOUNDED_SELF in told and Category.SELF_HARM in verdict.categories:
        yield Level.HIGH, Category.SELF_HARM
    if Category.ABUSE not in verdict.categories:
        return
    if Told.BESIEGED in told:
        yield Level.EMERGENCY, Category.ABUSE
    if told & {Told.TOUCHED, Told.VIOLENCE, Told.UNSAFE}:
        yield Level.HIGH, Category.ABUSE


def _least_of_words(
    verdict: Verdict, told: frozenset[Told], *, brief: bool
) -> Iterator[tuple[Level, Category]]:
    """Yield what is asked for at least by what was said, or done to who writes."""
    named = verdict.level.rank >= Level.HIGH.rank  # a time alone: "when she gets home, my cake!"
    set_out = Told.ARMED in told or (Told.TIMED in told and named)
    if set_out and Told.WOULD_KILL in told and Category.HARM_TO_OTHERS in verdict.categories:
        yield Level.EMERGENCY, Category.HARM_TO_OTHERS
    if (Told.SUICIDE in told and brief) or Told.AGAIN in told:
        yield Level.HIGH, Category.SUICIDE
    if Told.ASSAULT in told:
        yield Level.HIGH, Category.ABUSE


def _told_by(reading: Reading, number: int) -> Iterator[Told]:
    clause = reading.clauses[number]
    names = clause.names()
    if names & {"media", "quote"}:
        return
    past = "past" in names and "now" not in names
    refused = {
        name for at in range(max(0, number - 1), number + 1) for name in _unless_in(reading, at)
    }
    for name, place in _words().found_in(clause.text):
        if negated(clause.text, place) or (past and name not in PAST_BY_ITSELF):
            continue
        if name in refused:
            continue
        if name in OF_ONESELF and reading.person_before(number, place) not in {None, "self"}:
            continue
        yield Told(name)


def _mourns(reading: Reading) -> bool:
    return any({"grief", "custom"} & clause.names() for clause in reading.clauses)


def _wished_now(clause: Clause) -> bool:
    return "want" in clause.names() and bool({"now", "when_set"} & clause.names())


@cache
def plainly(name: str) -> tuple[str, ...]:
    """Return plain words of one kind, looked for as they stand."""
    return tuple(table("told")["plainly"][name])


def _unless_in(reading: Reading, number: int) -> set[str]:
    return {name for name, _ in _unless().found_in(reading.clauses[number].text)}


@cache
def _unless() -> Words:
    return Words.of(table("told")["unless"])


@cache
def _words() -> Words:
    return Words.of(table("told")["words"])
