"""What can be seen in replies without a reference: endings, repeats, variety, questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any, Final

import jieba

from finetune.evaluate.app import Answer
from finetune.labels import strategy_of

REPEAT: Final = 8  # characters


def surface(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return shares (0…1) and lengths over a set of replies."""
    texts = [a.text for a in answers]
    lengths = [len(t) for t in texts]
    words = [list(jieba.cut(t)) for t in texts]
    return {
        "ends_by_itself": _share(a.stop == "end" for a in answers),
        "no_repeated_8_gram": _share(not repeats(t) for t in texts),
        "asks_a_question": _share(strategy_of(t) == "question" for t in texts),
        "exact_repeats": round(1 - len(set(texts)) / len(texts), 4),
        "characters": {"mean": round(mean(lengths), 1), "median": median(lengths)},
        "distinct_1": _distinct(words, 1),
        "distinct_2": _distinct(words, 2),
        "distinct_2_characters": _distinct([list(t) for t in texts], 2),
    }


def repeats(text: str) -> bool:
    """Whether any run of 8 characters stands twice in the text."""
    grams = [text[i : i + REPEAT] for i in range(len(text) - REPEAT + 1)]
    return len(set(grams)) < len(grams)


def _share(yes: Iterable[bool]) -> float:
    values = list(yes)
    return round(sum(values) / len(values), 4)


def _distinct(units: Sequence[Sequence[str]], n: int) -> float:
    """Distinct n-grams over all n-grams (Li et al., NAACL 2016)."""
    grams = [tuple(u[i : i + n]) for u in units for i in range(len(u) - n + 1)]
    return round(len(set(grams)) / max(1, len(grams)), 4)
