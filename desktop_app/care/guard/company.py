"""Whether the one who is there, or could be called, is company: not who is feared, and no child."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from desktop_app.care.guard.answers import Answer, Sign, short, tells
from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.deeds import Deed, attacked_in, deeds_in
from desktop_app.care.guard.reading import Reading, read
from desktop_app.care.guard.told import Told, told_by
from desktop_app.care.guard.whose import by_somebody_in, names_another

HARMED: Final = "harmed"
"""What was told where somebody does violence to who writes (`when` of fixed_replies.toml)."""
CHILD: Final = "child"
TRUSTED: Final = {"friend", "helper", "neighbour"}
"""Who is called even where it was not said who does it."""
_OF_PEOPLE: Final = {Answer.ACCOMPANIED, Answer.NEARBY, Answer.YES}


def feared_by(readings: Sequence[Reading]) -> frozenset[str] | None:
    """Return who does violence to who writes, over all they said; None where nobody does.

    Empty: somebody who was called "he" or "she" only.
    """
    told = False
    feared: set[str] = set()
    for reading in readings:
        if not _harmed(reading):
            continue
        told = True
        against = by_somebody_in(reading) | attacked_in(reading)
        clauses = [reading.clauses[at].text for at in sorted(against)] or [reading.text]
        feared |= {one for clause in clauses for one in _first(clause)}
    return frozenset(feared) if told else None


def comes_instead(answer: Answer | None, message: str, feared: frozenset[str] | None) -> str | None:
    """Return who is there and is no company: "feared", "child" or "frail"; else None.

    Args:
        answer: how `message` answers whether somebody is there.
        message: the person's.
        feared: who does violence to them (`feared_by`).
    """
    named = _persons(read(message))
    if named and tells(Sign.PRESENT, message) and tells(Sign.FRAIL, message):
        return "frail"
    if answer is None and feared and named and named <= feared and short(message):
        return "feared"
    if answer not in _OF_PEOPLE:
        return None
    if named == {CHILD} and (feared is None or CHILD not in feared):
        return CHILD
    if feared is None:
        return None
    others = named - {CHILD}
    known = others - feared if feared else others & TRUSTED
    return None if known else "feared"


def got_away(message: str, feared: frozenset[str] | None) -> bool:
    """Tell whether who was hurt is with others now, and not with who is feared."""
    return tells(Sign.AWAY, message) and not _persons(read(message)) & (feared or frozenset())


def _harmed(reading: Reading) -> bool:
    done = {Told.VIOLENCE, Told.UNSAFE, Told.ASSAULT} & told_by(reading)
    hurt = {Deed.ARMED, Deed.THREATENED, Deed.DEFENDED} & deeds_in(reading)
    # A debt may strangle somebody, too.
    attacked = any(names_another(reading.clauses[at].text) for at in attacked_in(reading))
    return bool(done or hurt or attacked or by_somebody_in(reading))


def _first(clause: str) -> set[str]:
    """Return the person that a clause names first: who does it, or by whom it is done."""
    found = sorted((place, name) for name, place in _named().found_in(clause))
    return {name for place, name in found if place == found[0][0]}


def _persons(reading: Reading) -> set[str]:
    return {name for name, _ in _named().found_in(reading.text)}


@cache
def _named() -> Words:
    return Words.of(table("deeds")["persons"])
