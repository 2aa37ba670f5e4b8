"""A message read into clauses and concepts: what rules and classifier are written over."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.plain import plain

CLAUSE_END: Final = re.compile(
    r"[。！？!?；;\n，,…]+|(?<=[a-z0-9 ])\.+(?=\s|$)|(?<=[a-z]) (?:but|and then|so) (?=[a-z])"
)
IDIOM: Final = "_"
PERSONS: Final = {"self", "other", "friend", "child", "parent", "people"}
BEFORE: Final = 60


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece between punctuation marks: which concepts and which rules' words stand in it."""

    text: str
    concepts: tuple[tuple[int, str], ...]
    """Place and name of each, in order of place."""
    rules: tuple[tuple[str, int], ...]
    """Name of each rule whose words stand here, and the place."""

    def names(self) -> set[str]:
        """Return the concepts in this clause."""
        return {name for _, name in self.concepts}


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole message, in plain words."""

    text: str
    clauses: tuple[Clause, ...]
    worded: str = ""
    """The same with its idioms: who is told "I will kill you" was told no idiom."""

    def person_before(self, number: int, place: int) -> str | None:
        """Return who was named last before a place of clause `number`, in it or just before it."""
        for index in range(number, max(-1, number - 2), -1):
            named = [
                name
                for at, name in self.clauses[index].concepts
                if name in PERSONS and (index < number or at < place)
            ]
            if named:
                return named[-1]
        return None


def read(message: str, *, alone: str = "core") -> Reading:
    """Return `message` in plain words, idioms taken out, in clauses with their concepts.

    Args:
        message: as it was written.
        alone: what is taken out where nothing else is said: "core", only what is "lasting" where
            more was said after it, or "" for nothing.
    """
    worded = plain(message)
    text = _idioms().replaced_in(_alone_out(worded, alone) if alone else worded, IDIOM)
    pieces = [piece for piece in map(str.strip, CLAUSE_END.split(text)) if piece]
    starts = [0, *accumulate(len(piece) + 1 for piece in pieces)]
    lines = "\n".join(pieces)  # looked through once: no expression crosses the end of a line
    concepts = _by_clause(_concepts().found_in(lines), starts)
    rules = _by_clause(_rules().found_in(lines), starts)
    return Reading(
        text,
        tuple(
            Clause(piece, tuple(sorted((place, name) for name, place in said)), tuple(matched))
            for piece, said, matched in zip(pieces, concepts, rules, strict=True)
        ),
        worded,
    )


def _by_clause(found: list[tuple[str, int]], starts: list[int]) -> list[list[tuple[str, int]]]:
    """Return the names and places in each clause, by where the clauses start and the last ends."""
    clauses: list[list[tuple[str, int]]] = [[] for _ in starts[1:]]
    for name, place in found:
        number = bisect_right(starts, place) - 1
        clauses[number].append((name, place - starts[number]))
    return clauses


def together(readings: Sequence[Reading]) -> Reading:
    """Return several messages, oldest first, as one."""
    text = "\n".join(reading.text for reading in readings)
    return Reading(text, tuple(clause for reading in readings for clause in reading.clauses))


def negated(clause: str, place: int) -> bool:
    """Tell whether what stands at a place of a clause is denied by the words before it."""
    return _denial().search(clause[max(0, place - BEFORE) : place]) is not None


@cache
def _concepts() -> Words:
    return Words.of(table("concepts")["concepts"])


@cache
def _rules() -> Words:
    return Words.of({rule["name"]: rule["words"] for rule in table("rules")["rule"]})


@cache
def _idioms() -> Words:
    idioms = table("concepts")["idioms"]
    return Words.of({IDIOM: [*idioms["zh"], *idioms["en"]]})


def _alone_out(worded: str, alone: str) -> str:
    """Return a message without what is harmless where a message says nothing else."""
    for machine in _alone(alone):
        if found := machine.fullmatch(worded.strip()):
            return found["open"] + IDIOM + found["close"]
    return worded


@cache
def _alone(alone: str) -> tuple[re.Pattern[str], ...]:
    """Return what a whole message of one script may be, made of nothing but what is known."""
    tables = table("concepts")["alone"]
    return tuple(
        re.compile(
            rf"(?P<open>(?>{edge}(?:{'|'.join(parts['open'])}){edge})*)"
            rf"{edge}(?:{'|'.join(_of(parts, alone))}){edge}"
            rf"(?P<close>(?>{edge}(?:{'|'.join(parts['close'])}){edge})*)"
        )
        for parts, edge in ((tables["zh"], ""), (tables["en"], r"(?<![a-z](?=[a-z]))"))
    )


def _of(parts: Mapping[str, Sequence[str]], alone: str) -> list[str]:
    return [*(parts["core"] if alone == "core" else ()), *parts["lasting"]]


@cache
def _denial() -> re.Pattern[str]:
    """What denies the words right after it."""
    denial = table("concepts")["denial"]
    latin = rf"(?<![a-z])(?:{denial['en']})(?: (?:{denial['en_between']}))*\W*"
    return re.compile(rf"(?:(?:{denial['zh']})(?:{denial['zh_between']})*|{latin})$")
