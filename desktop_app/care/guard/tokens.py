"""A message as tokens for the small network: hashed words and characters with what stands by them.

A token of Latin letters is its word, the word with the one before it, its beginning, its end and
its middle; any other character is itself and with its neighbours. Each part falls into a bucket.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

BUCKETS: Final = 1 << 15
"""Bucket 0 is for no part."""
PARTS: Final = 6
"""So many parts at most make a token."""
LONGEST: Final = 192
"""Tokens of the new message that are read: its first and its last, half each."""
EARLIER: Final = 48
"""At least so many of the tokens before it are read; more where the new message leaves room."""
TOKEN: Final = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
Tokens = npt.NDArray[np.int64]
"""(tokens, PARTS) buckets."""


def tokens(text: str) -> Tokens:
    """Return the tokens of a text in plain words; a lone mark for one without any."""
    words = TOKEN.findall(text)
    rows = np.zeros((max(1, len(words)), PARTS), dtype=np.int64)
    if not words:
        rows[0, 0] = 1
    around = ["^", *words, "$"]
    for place, word in enumerate(words):
        for part, name in enumerate(_parts(word, around[place], around[place + 2])):
            rows[place, part] = zlib.crc32(name.encode()) % (BUCKETS - 1) + 1
    return rows


def sequence(new: Tokens, earlier: Sequence[Tokens] = ()) -> tuple[Tokens, int]:
    """Return what was said before and the new message as one row, and how much is from before."""
    if len(new) > LONGEST:
        new = np.concatenate([new[: LONGEST // 2], new[-LONGEST // 2 :]])
    if not earlier:
        return new, 0
    before = np.concatenate(earlier)[-max(EARLIER, LONGEST - len(new)) :]
    return np.concatenate([before, new]), len(before)


def _parts(word: str, before: str, after: str) -> Iterator[str]:
    yield word
    if word.isascii() and len(word) > 1:
        whole = f"<{word}>"
        middle = len(whole) // 2
        yield f"{before} {word}"
        yield from (whole[:4], whole[-4:], whole[:6], "m" + whole[middle - 2 : middle + 2])
    else:
        yield from (before + word, word + after, before + word + after)
