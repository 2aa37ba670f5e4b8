"""The small trained classifier: one weight a bucket and head, and small networks beside it.

The first is logistic regression over `features`, the others are `network`; all are trained by
`soulchat-finetune guard`, and the log odds of risk and of an emergency are averaged. Weights and
thresholds are data in `resources/guard/`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import numpy as np
import numpy.typing as npt

from desktop_app.care.guard.data import is_latin
from desktop_app.care.guard.features import BUCKETS, Indices
from desktop_app.care.guard.network import Network
from desktop_app.care.guard.tokens import Tokens

HEADS: Final = ("risk", "emergency", "suicide", "self_harm", "harm_to_others", "abuse")
SCALE: Final = 3.0
"""Keeps a value of a long message near the size that weights are trained with."""


SHORT: Final = 40
"""Characters: people write a short Chinese message in another way than a long one."""
POST: Final = 140
"""The same for a message in Latin letters."""


class Form(StrEnum):
    """What scores of a message are compared with; those of one form are alike."""

    SHORT = "short"
    LONG = "long"
    LATIN = "latin"
    LATIN_LONG = "latin_long"
    TOLD = "told"
    """Read together with what was said before."""
    TOLD_LONG = "told_long"
    LATIN_TOLD = "latin_told"

    @classmethod
    def of(cls, text: str, *, told: bool = False) -> Form:
        """Return the form of a text in plain words."""
        if is_latin(text):
            brief = cls.LATIN if len(text) < POST else cls.LATIN_LONG
            return cls.LATIN_TOLD if told else brief
        if told:
            return cls.TOLD if len(text) < SHORT else cls.TOLD_LONG
        return cls.SHORT if len(text) < SHORT else cls.LONG


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which score on (log odds) a head speaks."""

    concern: float
    high: float
    """Of the risk head and the emergency head together."""
    emergency: float
    """Of the emergency head."""
    sober: float
    """Below it, measured as `high` is, what a rule takes for high or worse is concern: words of
    danger in a message that is otherwise like harmless ones."""
    sober_wish: float
    """The same for a rule that hears a wish; of the risk head."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the classifiers look at in a message and what was said before it."""

    indices: Indices
    """(n,) features of all in one."""
    row: Tokens
    before: int
    """How many tokens of the row were said before."""


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """The weights of every head, and thresholds by the form of a message."""

    weights: npt.NDArray[np.float32]
    """(heads, buckets + 1); the last column is the heads' bias."""
    networks: tuple[Network, ...]
    spread: Mapping[str, float]
    """By head: how much wider the linear scores are spread than the networks'."""
    thresholds: Mapping[Form, Thresholds]

    def scores(self, seen: Seen) -> dict[str, float]:
        """Return the log odds of every head for one message."""
        indices = seen.indices
        added = self.weights[:, indices].sum(axis=1, dtype=np.float64) * value(len(indices))
        linear = dict(zip(HEADS, (added + self.weights[:, -1]).tolist(), strict=True))
        found = [network.scores(seen.row, seen.before) for network in self.networks]
        beside = {name: sum(each[name] for each in found) / len(found) for name in self.spread}
        both = {name: (linear[name] + self.spread[name] * beside[name]) / 2 for name in beside}
        return linear | both


def value(count: int) -> float:
    """Return what each of `count` features is worth: less in a longer message."""
    return float(count**-0.25 / SCALE)


def load(folder: Traversable) -> Classifier:
    """Return the classifier that lies in a folder: `weights.npz` and `guard.json`."""
    facts = json.loads(folder.joinpath("guard.json").read_text(encoding="utf-8"))
    with folder.joinpath("weights.npz").open("rb") as file, np.load(file) as stored:
        weights = stored["weights"].astype(np.float32) * stored["scale"][:, None]
        both = np.concatenate([weights, stored["bias"][:, None]], axis=1)
        networks = tuple(Network.of(stored, number) for number in range(facts["networks"]))
    assert both.shape == (len(HEADS), BUCKETS + 1)
    thresholds = {form: Thresholds(**facts["thresholds"][form]) for form in Form}
    return Classifier(both, networks, facts["spread"], thresholds)


@cache
def shipped() -> Classifier:
    """Return the classifier of `resources/guard`."""
    return load(resources.files("resources").joinpath("guard"))
