"""Where in a text each character of its folded form comes from: what a search hit is marked by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_app.text import fold

DRAWN_IN: Final = (
    r"[\u0300-\u036f\u1160-\u11ff\u3099\u309a\uff9e\uff9f"
    r"\u3133\u3135\u3136\u313a-\u3140\u3144\u314f-\u3163"  # as keyboards write them alone
    r"\uffa3\uffa5\uffa6\uffaa-\uffb0\uffb4\uffc2-\uffdc]"  # and half as wide
)
"""Marks, and Hangul vowels and double finals, which NFKC draws into the character before them."""
MARK: Final = re.compile(DRAWN_IN)
CLUSTER: Final = re.compile(rf".{DRAWN_IN}*", re.DOTALL)
STRETCH: Final = re.compile(rf".{{1,64}}{DRAWN_IN}*", re.DOTALL)
"""So much is folded at once where a text changes its length."""


def folded_with_origin(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters the place in `text` it comes from.

    The places have one more at the end: where `text` ends.
    """
    whole = fold(text)
    if _is_one_for_one(text, whole):
        return whole, range(len(text) + 1)
    folded: list[str] = []
    origin: list[int] = []
    known: dict[str, str] = {}  # a text has few different characters
    for stretch in STRETCH.finditer(text):
        part, start = fold(stretch.group()), stretch.start()
        if _is_one_for_one(stretch.group(), part):
            folded.append(part)
            origin += range(start, start + len(part))
            continue
        for cluster in CLUSTER.finditer(stretch.group()):
            piece = known.get(cluster.group())
            if piece is None:
                piece = known[cluster.group()] = fold(cluster.group())
            folded.append(piece)
            origin += [start + cluster.start()] * len(piece)
    return "".join(folded), [*origin, len(text)]


def _is_one_for_one(text: str, folded: str) -> bool:
    """Tell whether the places are the same: without marks folding only lengthens."""
    return len(folded) == len(text) and MARK.search(text) is None
