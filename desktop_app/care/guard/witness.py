"""Who saw somebody die: a stranger whom nothing helps any more, or one who may still be saved.

It is only a shock where the death of a stranger is told, and beside it nothing but grief.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from desktop_app.care.guard.data import table
from desktop_app.care.guard.grief import endangers, grieves, sounds_like_following
from desktop_app.care.guard.reading import Clause, Reading
from desktop_app.care.guard.whose import has_died, is_past, others_in

OTHERS: Final = {"other", "friend", "child", "parent", "people"}
MADE_UP: Final = {"media", "quote", "laugh"}
LONG_AGO: Final = {"past", "over", "custom"}


def has_seen(reading: Reading) -> bool:
    """Tell whether a message tells of a stranger's death close by, and of nothing but grief."""
    seen, beside = _parted(reading, "seen")
    if not seen or others_in(reading).own or any(_words("alive").search(one.text) for one in seen):
        return False
    return all(grieves([each]) and not _of_the_living(each) for each in beside)


def may_be_saved(reading: Reading) -> bool:
    """Tell whether somebody was seen who may be alive: a stranger, or one of the writer's own."""
    if others_in(reading).own or any(MADE_UP & each.names() for each in reading.clauses):
        return False
    strangers, beside = _parted(reading, "seen")
    own_people, beside_those = _parted(reading, "own_people")
    if not (strangers or own_people) or _tempts(beside if strangers else beside_those):
        return False
    if is_past(reading) or has_died(reading):
        return False
    if own_people:
        return not any(LONG_AGO & each.names() for each in reading.clauses)
    told = [*strangers, *(each for each in beside if not grieves([each]) or _of_the_living(each))]
    alive = any(_words("alive").search(each.text) for each in told)
    return alive or any("self" not in each.names() for each in told[len(strangers) :])


def _tempts(beside: Iterable[Clause]) -> bool:
    """Tell whether who saw it would do it, too: a rope of nobody is where it was."""
    return any(
        endangers([each])
        if "self" in each.names()
        else sounds_like_following(each) and not OTHERS & each.names()
        for each in beside
    )


def beside_what_was_seen(reading: Reading) -> list[Clause]:
    """Return what stands beside a stranger's death that was seen; empty where none is told."""
    seen, beside = _parted(reading, "seen")
    return beside if seen else []


def _of_the_living(clause: Clause) -> bool:
    """Tell whether what looks like the writer's grief is said of who was seen."""
    of_another = OTHERS & clause.names() and "self" not in clause.names()
    return bool(of_another) and _words("alive").search(clause.text) is not None


def _parted(reading: Reading, name: str) -> tuple[list[Clause], list[Clause]]:
    seen = [each for each in reading.clauses if _words(name).search(each.text)]
    return seen, _others(reading.clauses, seen)


def _others(clauses: Iterable[Clause], seen: list[Clause]) -> list[Clause]:
    return [each for each in clauses if not any(each is one for one in seen)]


@cache
def _words(name: str) -> re.Pattern[str]:
    words = table("another")["witness"]
    return re.compile(rf"{words[f'zh_{name}']}|\b(?:{words[f'en_{name}']})(?![a-z])")
