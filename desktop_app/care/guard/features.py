"""A message as numbers: hashed n-grams of characters and of words, concepts, rules that matched."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from desktop_app.care.guard.reading import Reading
from desktop_app.care.guard.rules import Hit

BUCKETS: Final = 1 << 18
LONGEST: Final = 5
Indices = npt.NDArray[np.int64]
PRIME: Final = np.uint64(1_099_511_628_211)
"""FNV's; the sums wrap around at 64 bits."""


def features(reading: Reading, found: list[Hit]) -> Indices:
    """Return the buckets (n,) a message falls into, each once, in ascending order."""
    named = [zlib.crc32(name.encode()) for name in set(_names(reading, found))]
    words = np.array(named, dtype=np.uint64) % np.uint64(BUCKETS)
    return np.unique(np.concatenate([_grams(reading.text), words])).astype(np.int64)


def _grams(text: str) -> npt.NDArray[np.uint64]:
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    rolling = np.zeros_like(codes)
    found = []
    for length in range(1, LONGEST + 1):
        rolling = rolling[: len(codes) - length + 1] * PRIME + codes[length - 1 :]
        mixed = (rolling ^ (rolling >> np.uint64(29))) * PRIME
        found.append((mixed ^ (mixed >> np.uint64(32)) ^ np.uint64(length)) % np.uint64(BUCKETS))
    return np.concatenate(found)


def _names(reading: Reading, found: list[Hit]) -> Iterator[str]:
    yield f"length {len(reading.text).bit_length()}"
    yield f"latin {reading.text.isascii()}"
    yield f"latin {reading.text.isascii()} length {len(reading.text).bit_length()}"
    said = sorted({name for clause in reading.clauses for name in clause.names()})
    yield from (f"{one}&{other}" for place, one in enumerate(said) for other in said[place + 1 :])
    for clause in reading.clauses:
        order = [name for _, name in clause.concepts]
        for place, name in enumerate(order):
            yield name
            for later in order[place + 1 :]:
                yield f"{name}>{later}"
        words = clause.text.split()
        yield from words
        yield from _phrases(words)
    for hit in found:
        yield f"rule {hit.rule.name}"
        yield f"rule {hit.rule.name} {' '.join(sorted(hit.states))}"
        yield f"counts {hit.counts} {hit.rule.level}"


def _phrases(words: list[str]) -> Iterator[str]:
    """Yield what stands together in one clause: two words, three, and two with one between."""
    for one, other in pairwise(words):
        yield f"{one} {other}"
    for one, middle, other in zip(words, words[1:], words[2:], strict=False):
        yield f"{one} {middle} {other}"
        yield f"{one} _ {other}"
