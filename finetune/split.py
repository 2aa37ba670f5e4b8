"""A deterministic split by source question, with near-duplicates kept on one side.

SMILE rewrites one forum question into several dialogues; a split by dialogue would put the
same question on both sides. Dialogues are grouped by the hash of their first client message;
groups whose questions nearly agree (MinHash over character 5-grams, confirmed by Jaccard
similarity) are joined; a group goes to one side by the hash of its smallest member.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from finetune.corpus.dialogue import Dialogue

SHINGLE: Final = 5
BANDS, ROWS = 16, 4  # candidates: pairs above a Jaccard similarity of about 0.5
SIMILAR: Final = 0.6
_PRIME: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides and what the near-duplicate check joined."""

    train: tuple[Dialogue, ...]
    held_out: tuple[Dialogue, ...]
    questions: int
    joined: int


def normalised(question: str) -> str:
    """Return the word characters of a question, NFKC and lower case, at most 200."""
    text = unicodedata.normalize("NFKC", question).lower()
    return "".join(c for c in text if c.isalnum())[:200]


def split(dialogues: Sequence[Dialogue], held_out_share: float) -> Split:
    """Split dialogues by source question, deterministically."""
    questions: dict[str, list[Dialogue]] = defaultdict(list)
    for dialogue in dialogues:
        questions[normalised(dialogue.question)].append(dialogue)
    texts = sorted(questions)
    group_of, joined = _join_similar(texts)
    train: list[Dialogue] = []
    held_out: list[Dialogue] = []
    for index, text in enumerate(texts):
        leader = texts[group_of[index]]
        draw = int.from_bytes(hashlib.sha256(leader.encode()).digest()[:8]) / 2**64
        (held_out if draw < held_out_share else train).extend(questions[text])
    train.sort(key=lambda d: d.id)
    held_out.sort(key=lambda d: d.id)
    return Split(tuple(train), tuple(held_out), len(texts), joined)


def near_duplicates(some: Sequence[str], others: Sequence[str]) -> set[int]:
    """Return the indices of `some` questions that nearly repeat one of `others`."""
    texts = [normalised(t) for t in (*some, *others)]
    group_of, _ = _join_similar(texts)
    of_others = set(group_of[len(some) :])
    return {i for i in range(len(some)) if group_of[i] in of_others}


def _join_similar(texts: Sequence[str]) -> tuple[list[int], int]:
    """Return for each text the smallest index of its group, and the number of joins."""
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    joined = 0
    shingles = [_shingles(t) for t in texts]
    for bucket in _buckets(shingles):
        first = bucket[0]
        for other in bucket[1:]:
            a, b = root(first), root(other)
            if a != b and _jaccard(shingles[first], shingles[other]) >= SIMILAR:
                parent[max(a, b)] = min(a, b)
                joined += 1
    return [root(i) for i in range(len(texts))], joined


def _shingles(text: str) -> frozenset[int]:
    if len(text) <= SHINGLE:
        return frozenset({zlib.crc32(text.encode())})
    return frozenset(
        zlib.crc32(text[i : i + SHINGLE].encode()) for i in range(len(text) - SHINGLE + 1)
    )


def _jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    return len(a & b) / len(a | b)


def _buckets(shingles: Sequence[frozenset[int]]) -> list[list[int]]:
    """Group texts that agree in one band of their MinHash signature."""
    draws = np.random.default_rng(20231101)
    a = draws.integers(1, _PRIME, size=(BANDS * ROWS, 1), dtype=np.int64)
    b = draws.integers(0, _PRIME, size=(BANDS * ROWS, 1), dtype=np.int64)
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for index, grams in enumerate(shingles):
        values = np.fromiter(grams, dtype=np.int64, count=len(grams)) % _PRIME  # (S,)
        signature = ((a * values + b) % _PRIME).min(axis=1)  # (BANDS*ROWS,)
        for band in range(BANDS):
            part = signature[band * ROWS : (band + 1) * ROWS].tobytes()
            buckets[band, part].append(index)
    return [bucket for bucket in buckets.values() if len(bucket) > 1]
