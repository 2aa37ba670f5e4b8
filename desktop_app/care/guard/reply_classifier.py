"""The small classifier of replies: it hears what no list of `replies.toml` names.

Logistic regression over what messages are judged by (`features`), of a sentence and the one before
it. Trained by `soulchat-finetune guard-replies`; weights and bounds are data in `resources/guard/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from desktop_app.care.guard.classifier import value
from desktop_app.care.guard.data import is_latin
from desktop_app.care.guard.features import BUCKETS, Indices, features
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.rules import hits

HEADS: Final = (
    "any",
    "method",
    "place",
    "dose",
    "secrecy",
    "diagnosis",
    "claims_to_be_human",
    "encourages_dying",
    "violence",
    "dependence",
)
"""Whether anything is wrong, then what: names of faults in `replies.toml`."""
BEFORE: Final = 0x2A5A5
"""What tells a bucket of the sentence before from one of the sentence itself."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplyClassifier:
    """The weights of every head, and from which log odds on a sentence is wrong, by script."""

    weights: npt.NDArray[np.float32]
    """(heads, buckets + 1); the last column is the heads' bias."""
    bounds: Mapping[str, float]
    """Of the first head; `latin` and `other`."""

    def fault(self, sentence: str, indices: Indices) -> str | None:
        """Return the name of what is most likely wrong with a sentence; None where nothing is."""
        scores = self.scores(indices)
        if scores[0] < self.bounds["latin" if is_latin(sentence) else "other"]:
            return None
        return HEADS[1 + int(scores[1:].argmax())]

    def scores(self, indices: Indices) -> npt.NDArray[np.float64]:
        """Return the log odds (heads,) of one sentence."""
        added = self.weights[:, indices].sum(axis=1, dtype=np.float64) * value(len(indices))
        return np.asarray(added + self.weights[:, -1])


class Heard:
    """What is wrong with the sentences of one reply: while it is written, none is read twice.

    It holds what was said, so it lives no longer than the reply does.
    """

    def __init__(self) -> None:
        self._own: dict[str, Indices] = {}
        self._faults: dict[tuple[str, str], str | None] = {}

    def faults(self, sentences: Sequence[str]) -> set[str]:
        """Return the names of what is wrong with any of them; they follow each other."""
        found = {self._fault(*both) for both in pairwise(["", *sentences])}
        return {name for name in found if name}

    def _fault(self, before: str, sentence: str) -> str | None:
        if (before, sentence) not in self._faults:
            looked_at = _looked_at(self._features(before), self._features(sentence))
            self._faults[before, sentence] = shipped().fault(sentence, looked_at)
        return self._faults[before, sentence]

    def _features(self, sentence: str) -> Indices:
        if sentence not in self._own:
            self._own[sentence] = _own(sentence)
        return self._own[sentence]


def seen(sentences: Sequence[str]) -> Iterator[Indices]:
    """Yield what the classifier looks at in each sentence (n,) of a reply, in order."""
    for before, own in pairwise(map(_own, ["", *sentences])):
        yield _looked_at(before, own)


def _looked_at(before: Indices, own: Indices) -> Indices:
    return np.union1d(own, before ^ BEFORE)


def _own(sentence: str) -> Indices:
    if not sentence:
        return np.empty(0, dtype=np.int64)  # nothing stands before the first one
    reading = read(sentence)
    return features(reading, list(hits(reading)))


def load(folder: Traversable) -> ReplyClassifier:
    """Return the classifier that lies in a folder: `replies.npz` and `replies.json`."""
    facts = json.loads(folder.joinpath("replies.json").read_text(encoding="utf-8"))
    with folder.joinpath("replies.npz").open("rb") as file, np.load(file) as stored:
        weights = np.zeros((len(HEADS), BUCKETS + 1), dtype=np.float32)
        weights[:, stored["kept"]] = stored["weights"] * stored["scale"][:, None]
        weights[:, -1] = stored["bias"]
    return ReplyClassifier(weights, facts["bounds"])


@cache
def shipped() -> ReplyClassifier:
    """Return the classifier of `resources/guard`."""
    return load(resources.files("resources").joinpath("guard"))
