"""Whether a message tells of another person's danger: that one is helped through who writes."""

from __future__ import annotations

from typing import Final

from desktop_app.care.guard.message import LONGEST
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.rules import Hit, hits, least
from desktop_app.care.guard.verdict import Category, Level

OTHERS_OWN: Final = {"anothers", "another_now"}
"""Rules that speak of another person only."""
TO_ONESELF: Final = {Category.SUICIDE, Category.SELF_HARM}
OTHER: Final = "other"
"""What fixed replies about another person are about."""


def anothers_danger(message: str) -> Level | None:
    """Return how near another's danger is, at least; None where the person speaks of themselves."""
    reading = read(message[:LONGEST])
    every = list(hits(reading))
    found = [hit for hit in every if TO_ONESELF & set(hit.rule.categories)]
    if any(hit.counts and hit not in found for hit in every):
        return None  # what is done to the person, or what they would do
    others = [hit for hit in found if _of_another(hit)]
    if not others or any(hit.counts and hit not in others for hit in found):
        return None
    concepts = {name for clause in reading.clauses for name in clause.names()}
    happening = any(hit.rule.name == "another_now" for hit in others)
    if happening or {"letter", "unreached"} <= concepts:
        return Level.EMERGENCY
    worst = max((hit.rule.level for hit in others), key=lambda level: level.rank)
    return Level.EMERGENCY if worst is Level.EMERGENCY else Level.CONCERN


def speaks_of_self(message: str) -> bool:
    """Tell whether the person is named in it."""
    return any("self" in clause.names() for clause in read(message[:LONGEST]).clauses)


def told_in_words(message: str) -> Level:
    """Return the level that the words of a message ask for, whatever it looks like as a whole."""
    return least(list(hits(read(message[:LONGEST]))))


def _of_another(hit: Hit) -> bool:
    if hit.rule.name in OTHERS_OWN:
        return not hit.states & (hit.rule.unless - {"other"})
    return hit.states & hit.rule.unless == {"other"}
