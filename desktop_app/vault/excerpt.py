"""The part of a text around the words that were looked for, on one line, with the words marked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Final

from desktop_app.vault.folding import folded_with_origin
from desktop_app.vault.words import Term

BEFORE: Final = 12
"""Characters before the first hit, so that it stands in view."""
LENGTH: Final = 80

Span = tuple[int, int]
"""Begin and end."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of a hit."""

    text: str = field(repr=False)
    marks: tuple[Span, ...]
    """Where in the text the words stand."""


def excerpt(text: str, asked: tuple[Term, ...]) -> Excerpt:
    """Cut out the part around the first hit; the time grows with the text, not with its square."""
    folded, origin = folded_with_origin(text)
    starts = [place[0] for term in asked for place in islice(term.places(folded), 1)]
    first = min(starts, default=0)
    start = max(0, origin[first] - BEFORE)
    end = min(len(text), start + LENGTH)
    last = bisect_left(origin, end)  # a word that begins before may end behind it
    found = sorted(
        _written(origin, place)
        for term in asked
        for place in takewhile(lambda place: place[0] < last, term.places(folded, first))
    )
    before, after = "…" if start else "", "…" if end < len(text) else ""
    # One character for one: the marks keep their places.
    line = "".join(" " if each.isspace() else each for each in text[start:end])
    shift = len(before) - start
    marks = tuple((begin + shift, min(stop, end) + shift) for begin, stop in _joined(found))
    return Excerpt(before + line + after, marks)


def _written(origin: Sequence[int], span: Span) -> Span:
    """Return where a hit stands in the text as it was written."""
    begin, end = span
    after = bisect_right(origin, origin[end - 1])  # what one character became is marked as one
    return origin[begin], origin[min(after, len(origin) - 1)]


def _joined(found: list[Span]) -> list[Span]:
    """Return the spans in order and each character once."""
    spans: list[Span] = []
    for begin, end in found:
        if spans and begin < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return spans
