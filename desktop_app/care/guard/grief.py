"""What is said beside a death that was told: grief, or danger of one's own.

Grief is only what is known as grief: `[grief]` of `resources/guard/another.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from desktop_app.care.guard.data import table
from desktop_app.care.guard.reading import Clause

OF_DANGER: Final = {
    *("suicide", "selfharm", "method", "envy_dead", "nopoint", "burden", "taken"),
    *("drug", "blade", "rope", "fumes", "gun", "venom", "water", "height", "traffic"),
}
"""Concepts that are no grief: a wish, a means, or a place."""
OF_PARTING: Final = {"bye", "letter", "ready", "settle"}
"""The same, but where a burial is spoken of, which has to be prepared and to be paid."""


def endangers(clauses: Iterable[Clause], *, of_another: bool = False) -> bool:
    """Tell whether, after a death, one of these clauses may speak of who would follow.

    Args:
        clauses: those that do not tell of the death.
        of_another: they speak of another, who does "the same", and only means tell of who writes.
    """
    return any(_endangers(clause, 0, of_another=of_another) for clause in clauses)


def turns(clauses: Iterable[Clause]) -> bool:
    """Tell whether a clause that tells of a death goes on to speak of who would follow."""
    return any(
        _endangers(clause, found.start())
        for clause in clauses
        for each in _words("turn")
        for found in each.finditer(clause.text)
    )


def would_follow(clauses: Iterable[Clause]) -> bool:
    """Tell whether one of these clauses says of who writes that they would follow, or could."""
    return any(
        "self" in clause.names()
        and (
            clause.names() & OF_DANGER or any(each.search(clause.text) for each in _words("follow"))
        )
        for clause in clauses
    )


def sounds_like_following(clause: Clause) -> bool:
    """Tell whether the words of a clause may be those of who would follow, means aside."""
    return any(each.search(clause.text) for each in _words("own"))


def grieves(clauses: Iterable[Clause]) -> bool:
    """Tell whether all of these clauses are known as grief."""
    return all(
        any(each.search(clause.text) for each in _words("known")) and not _endangers(clause, 0)
        for clause in clauses
    )


def _endangers(clause: Clause, after: int, *, of_another: bool = False) -> bool:
    names = {name for place, name in clause.concepts if place >= after}
    burial = any(each.search(clause.text) for each in _words("burial"))
    if names & OF_DANGER or (names & OF_PARTING and not burial):
        return True
    return not of_another and any(each.search(clause.text, after) for each in _words("own"))


@cache
def _words(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = table("another")["grief"]
    return (
        re.compile(words[f"zh_{name}"]),
        re.compile(rf"\b(?:{words[f'en_{name}']})(?![a-z])"),
    )
