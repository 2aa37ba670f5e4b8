"""Whether a message tells of another person's danger: that one is helped through who writes."""

from __future__ import annotations

from typing import Final

from desktop_app.care.guard.deeds import attacked_in
from desktop_app.care.guard.rules import Hit
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.verdict import Category, Level
from desktop_app.care.guard.whose import (
    against_in,
    done_to_the_writer,
    is_past,
    is_ready,
    is_safe,
    others_in,
)

OTHERS_OWN: Final = {"anothers", "another_now"}
"""Rules that speak of another person only."""
TO_ONESELF: Final = {Category.SUICIDE, Category.SELF_HARM}
WEAPONS: Final = {"at_hand", "act_now", "plan"}
"""Rules that hear of a knife or a gun, whoever holds it."""
DANGER: Final = {
    *(
        "die",
        "suicide",
        "selfharm",
        "method",
        "bye",
        "letter",
        "pain",
        "nopoint",
        "burden",
        "failing",
    ),
    *("medical", "urgent", "drug", "taken", "height", "blade", "gun", "traffic", "water", "venom"),
}
"""Concepts with which it is grave that somebody does not answer; else they may be cross."""
LONG_AGO: Final = {"past", "over", "media", "custom", "grief"}
"""Concepts with which it is remembered, or made up."""
OTHER: Final = "other"
"""What fixed replies about another person are about."""
GONE: Final = "gone"
"""What is told where another has died (`when` of fixed_replies.toml)."""
SEEN: Final = "seen"
"""The same where it was a stranger, close to who writes."""


def anothers_danger(said: Said) -> Level | None:
    """Return how near another's danger is, at least; None where the person speaks of themselves."""
    reading = said.reading
    others_clauses = others_in(reading)
    every = said.hits
    found = [
        hit
        for hit in every
        if TO_ONESELF & set(hit.rule.categories) or hit.clause in others_clauses.clauses
    ]
    if (
        is_past(reading)
        or others_clauses.own
        or done_to_the_writer(reading)
        or any(hit.counts and hit not in found for hit in every)
    ):
        return None  # what is done to the person, or what they would do
    over = others_clauses.over if others_clauses.clauses else frozenset[int]()
    theirs = others_clauses.clauses | over
    others = [hit for hit in found if hit.clause in theirs or _of_another(hit)]
    if not (others or others_clauses.clauses) or any(
        hit.counts and hit not in others for hit in found
    ):
        return None
    concepts = {name for clause in reading.clauses for name in clause.names()}
    silent = "unreached" in concepts and not concepts & DANGER and not others_clauses.clauses
    happening = not silent and any(
        hit.rule.name == "another_now" and _of_another(hit) for hit in others
    )
    said_and_gone = "unreached" in concepts and {"letter", "bye"} & concepts
    if happening or others_clauses.happening or said_and_gone:
        return Level.EMERGENCY
    # Said only: what the writer's own words would be in another mouth is no deed yet.
    told = [hit for hit in others if hit.clause not in others_clauses.clauses]
    worst = max((hit.rule.level for hit in told), key=_rank, default=Level.CONCERN)
    return Level.EMERGENCY if worst is Level.EMERGENCY else Level.CONCERN


def threatens_who_writes(said: Said) -> bool:
    """Tell whether somebody does violence to who writes, and it is not they who speak of dying."""
    done = done_to_the_writer(said.reading) or bool(attacked_in(said.reading))
    return done and not speaks_of_own_death(said)


def speaks_of_own_death(said: Said) -> bool:
    """Tell whether who writes speaks of dying themselves."""
    reading = said.reading
    others_clauses = others_in(reading)
    others = others_clauses.clauses | others_clauses.over
    against = against_in(reading) | attacked_in(reading)
    return any(
        hit.counts and TO_ONESELF & set(hit.rule.categories)
        for hit in said.hits
        if hit.clause not in others
        and hit.rule.name not in OTHERS_OWN
        and not (hit.rule.name in WEAPONS and hit.clause in against)
    )


def plainly_of_another(said: Said) -> bool:
    """Tell whether it says so in so many words, so that no classifier need agree."""
    others_clauses = others_in(said.reading)
    # A poem is made up; what a pupil writes of their own death is theirs.
    made_up = {"media"} if others_clauses.written else set[str]()
    over = said.concepts & (LONG_AGO - made_up) or is_past(said.reading)
    return bool(others_clauses.clauses) and not over


def says_they_are_safe(said: Said) -> bool:
    """Tell whether a message says that another is safe."""
    return is_safe(said.reading)


def tells_of_another(said: Said) -> bool:
    """Tell whether it says that somebody else is about to die, whatever else it says."""
    reading = said.reading
    return bool(others_in(reading).clauses) or any(_of_another(hit) for hit in said.hits)


def gets_ready(said: Said) -> bool:
    """Tell whether, of whom danger was told, it says that they have what it takes."""
    return is_ready(said.reading, range(len(said.reading.clauses)))


def _rank(level: Level) -> int:
    return level.rank


def _of_another(hit: Hit) -> bool:
    if hit.rule.name in OTHERS_OWN:
        return not hit.states & (hit.rule.unless - {"other"})
    return hit.states & hit.rule.unless == {"other"}
