"""Which real messages are learnt from and which are held out, with near copies on one side.

SMILE rewrites one forum question into several dialogues, so messages are grouped by dialogue and
by near repetition (shared 8-grams of word characters). A group is held out when the hash of each
of its dialogues falls below `SHARE`; one with a message of `crisis-dev.jsonl`, which everybody
develops on, is not.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from finetune.guard.cases import Case

SHARE: Final = 0.35
GRAM: Final = 8
NEAR: Final = 0.15
"""From this share of the shorter one's 8-grams on, two messages are near copies."""
FEWEST: Final = 3
"""…and from this many: a common idiom alone makes no copy."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Both sides, and the group of every case that is learnt from."""

    learnt: tuple[Case, ...]
    groups: tuple[int, ...]
    """Of each of `learnt`."""
    held_out: tuple[Case, ...]


def parts(labelled: Sequence[Case], developed: Sequence[Case]) -> Parts:
    """Divide the real messages; the same messages always give the same sides."""
    cases = [*labelled, *developed]
    group_of = near_groups(cases)
    held: dict[int, bool] = defaultdict(lambda: True)
    for number, (case, group) in enumerate(zip(cases, group_of, strict=True)):
        if number >= len(labelled) or _draw(case.dialogue) >= SHARE:
            held[group] = False
    pairs = list(zip(cases, group_of, strict=True))
    return Parts(
        learnt=tuple(case for case, group in pairs if not held[group]),
        groups=tuple(group for _, group in pairs if not held[group]),
        held_out=tuple(case for case, group in pairs if held[group]),
    )


def near_groups(cases: Sequence[Case]) -> list[int]:
    """Return for each case the smallest number of its group: one dialogue, or near copies."""
    parent = list(range(len(cases)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(one: int, other: int) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    dialogues: dict[str, int] = {}
    for number, case in enumerate(cases):
        join(number, dialogues.setdefault(case.dialogue, number))
    _join_near(cases, join)
    return [root(number) for number in range(len(cases))]


def _join_near(cases: Sequence[Case], join: Callable[[int, int], None]) -> None:
    grams = [_grams(case.text) for case in cases]
    holding: dict[str, list[int]] = defaultdict(list)
    for number, own in enumerate(grams):
        shared: Counter[int] = Counter()
        for gram in own:
            shared.update(holding[gram])
            holding[gram].append(number)
        for other, count in shared.items():
            if count >= FEWEST and count >= NEAR * min(len(own), len(grams[other])):
                join(number, other)


def _grams(text: str) -> set[str]:
    letters = "".join(c for c in text.lower() if c.isalnum())
    return {letters[i : i + GRAM] for i in range(max(1, len(letters) - GRAM + 1))}


def _draw(dialogue: str) -> float:
    """Return a number from 0 to 1 that depends on the dialogue alone."""
    named = f"guard held-out {dialogue.rpartition('/')[2]}"
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") / 2**64
