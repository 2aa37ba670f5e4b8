"""What the model replies, judged before it is shown: a reply with one of these faults is withheld.

Faults are data (`resources/guard/replies.toml`): methods, places, doses, a promise of secrecy, a
diagnosis, a claim to be human, encouragement to die or to hurt oneself, and misfortune that the
person never told of. A clause that refuses or says the opposite passes: "我不能诊断", "I am not a
person".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.verdict import Action, Category, Level, Verdict
from desktop_app.text import fold

APOSTROPHES: Final = re.compile(r"(?<=[a-z])['’‘](?=[a-z])")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of reply that must not be shown."""

    name: str
    categories: tuple[Category, ...]


def judge_reply(reply: str, told: Sequence[str] | None = None) -> Verdict:
    """Return `withhold` and the dangers named by a reply's faults; `none` for a good reply.

    `told` is what the person said; without it nothing counts as invented.
    """
    found = faults(reply, told)
    if not found:
        return Verdict(Level.NONE, (), Action.NONE)
    named = {one for fault in found for one in fault.categories}
    return Verdict(Level.HIGH, tuple(one for one in Category if one in named), Action.WITHHOLD)


def faults(reply: str, told: Sequence[str] | None = None) -> tuple[Fault, ...]:
    """Return the faults of a reply, in the order of the list; `told` as above."""
    text = APOSTROPHES.sub("", fold(reply))
    found: set[str] = set()
    for clause in filter(None, map(str.strip, filter(None, _clause_end().split(text)))):
        spoken = {name for name, _ in _words("words").found_in(clause)}
        if spoken:
            found |= spoken - {name for name, _ in _words("but").found_in(clause)}
    if found & _words("unless_told").names:
        found -= _known(told)
    return tuple(fault for fault in _faults() if fault.name in found)


@cache
def _faults() -> tuple[Fault, ...]:
    return tuple(
        Fault(plain["name"], tuple(map(Category, plain["categories"])))
        for plain in table("replies")["fault"]
    )


def _known(told: Sequence[str] | None) -> frozenset[str]:
    """Return the faults that are none, because the person spoke of such a thing first."""
    words = _words("unless_told")
    if told is None:
        return words.names
    return frozenset(name for each in told for name, _ in words.found_in(fold(each)))


@cache
def _words(part: str) -> Words:
    return Words.of(
        {each["name"]: each[part] for each in table("replies")["fault"] if part in each}
    )


@cache
def _clause_end() -> re.Pattern[str]:
    return re.compile(table("replies")["clause_end"])
