"""A summary of turns in the person's own sentences, which needs no model and invents nothing.

Each sentence gets the points of every kind of fact it holds (`resources/prompts/summary.toml`);
a question loses some, and what has none left is not kept. One after the other the best is taken,
of equal ones the later, and counts for less the more of it the ones before have said already. They
stay as far as there is room, in the order in which they were said. What was kept before is weighed
again beside what has been added, so an early name outlives many late complaints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.dialogue import Role, Summary, Turn
from desktop_app.text import fold
from resources.prompting import prompts

Fits = Callable[[str], bool]
"""Tells whether there is room for a summary; what is longer fits no better."""

LONGEST: Final = 120
"""Characters; a longer sentence is cut between its clauses."""
LEAST: Final = re.compile(r"(?:[\u3400-\u9fff]\W*){4}|(?:[A-Za-z']+\W+){2}[A-Za-z]")
"""Four characters or three words: less is a nod."""
OF_A_QUESTION: Final = -3
LEAST_WORTH: Final = 0.75
"""Points left of a sentence; below, it says again what others have said."""
CANDIDATES: Final = 100
"""So many sentences are compared with each other; no summary has room for more."""
TRIED: Final = 12
"""So many of those behind the first that does not fit are tried: each takes a count of tokens."""
_END: Final = re.compile(r"(?<=[。！？!?…；;])(?![”’」』）)\"'。！？!?…])|(?<=\.)(?=\s)|\n")
_CLAUSE: Final = re.compile(r"(?<=[，,、\s])")
_QUESTION: Final = re.compile(r"[？?][”’」』）)\"']*$")
_SIGN: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class _Sentence:
    position: int
    text: str
    key: str
    points: int


def extracted(before: Summary, turns: Iterable[Turn], fits: Fits) -> str:
    """Return what is made of `before`, and of `turns`, which are no longer seen either.

    One sentence a line; empty where nothing is worth a line. What the person has put there
    themselves is not repeated.
    """
    said = [before.made, *(turn.content for turn in turns if turn.role is Role.USER)]
    ranked = _ranked(said, known=_key(before.own))
    low, high = 0, len(ranked)
    while low < high:  # as many of the best as there is room for
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(_joined(ranked[:middle])) else (low, middle - 1)
    kept = ranked[:low]
    for each in ranked[low : low + TRIED]:  # one that is too long keeps out no shorter one
        if fits(_joined([*kept, each])):
            kept.append(each)
    return _joined(kept)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, none over `LONGEST`."""
    for sentence in _END.split(text):
        part = ""
        for clause in _CLAUSE.split(sentence):
            if part and len(part) + len(clause) > LONGEST:
                yield part.strip()
                part = ""
            part += clause
        for start in range(0, len(part), LONGEST):
            yield part[start : start + LONGEST].strip()


def points(sentence: str) -> int:
    """Return how much a sentence is worth keeping."""
    if not LEAST.search(sentence):
        return 0
    folded = fold(sentence)
    found = sum(worth for words, worth in _kinds() if words.search(folded))
    return found + OF_A_QUESTION if _QUESTION.search(sentence) else found


def _ranked(said: Iterable[str], known: str) -> list[_Sentence]:
    """Return the sentences worth keeping, the best first."""
    latest: dict[str, _Sentence] = {}
    position = 0
    for text in said:
        for sentence in sentences(text):
            key, worth = _key(sentence), points(sentence)
            position += 1
            if worth > 0 and key not in known:
                first = latest[key].position if key in latest else position
                latest[key] = _Sentence(first, sentence, key, worth)
    best = sorted(latest.values(), key=lambda each: (-each.points, -each.position))[:CANDIDATES]
    pairs = {each.key: _pairs(each.key) for each in best}
    ranked: list[_Sentence] = []
    heard: set[str] = set()

    def worth_now(each: _Sentence) -> float:
        return each.points * len(pairs[each.key] - heard) / max(1, len(pairs[each.key]))

    while best:
        next_best = max(best, key=worth_now)  # the first of equal ones
        best.remove(next_best)
        if worth_now(next_best) >= LEAST_WORTH:
            ranked.append(next_best)
            heard |= pairs[next_best.key]
    return ranked


def _joined(ranked: list[_Sentence]) -> str:
    return "\n".join(each.text for each in sorted(ranked, key=lambda each: each.position))


def _pairs(key: str) -> set[str]:
    """Return the pairs of neighbouring characters of a folded sentence."""
    return {key[at : at + 2] for at in range(len(key) - 1)}


def _key(sentence: str) -> str:
    return _SIGN.sub("", fold(sentence))


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((re.compile(each["words"]), each["points"]) for each in prompts("summary")["kind"])
