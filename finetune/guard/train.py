"""Labelled messages → weights and thresholds.

Thresholds are chosen on scores of messages that the scoring weights have not seen (five folds by
group). Nothing here looks at a held-out message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from finetune.guard.app import LEVELS, Seen
from finetune.guard.cases import OTHERS, VEILED, Case
from finetune.guard.logistic import Numbers, Rows, fit

FOLDS: Final = 5
STRENGTH: Final = 3.0
HALF: Final = 0.5
"""What a message counts that is on the border of two labels, or harder than what people say."""
SOFT: Final = {"real": 0.06, "short": 0.08, "long": 0.2, "latin": 0.08, "latin_long": 0.15}
"""Share of harmless messages that may be taken for concern, on unseen ones: of the real ones, and
of the written ones of each form. Many of those are made of words that mean danger elsewhere."""
HARD: Final = {"real": 0.02, "short": 0.02, "long": 0.1, "latin": 0.02, "latin_long": 0.08}
"""The same for high."""
EMERGENCY: Final = {"real": 0.009, "short": 0.005, "long": 0.05, "latin": 0.005, "latin_long": 0.08}
"""The same for an emergency."""
HEADS: Final[dict[str, frozenset[str]]] = {
    "risk": frozenset({"emergency", "ideation", "self_harm", "harm_others", "abuse"}),
    "emergency": frozenset({"emergency"}),
    "suicide": frozenset({"emergency", "ideation"}),
    "self_harm": frozenset({"self_harm"}),
    "harm_to_others": frozenset({"harm_others"}),
    "abuse": frozenset({"abuse"}),
}
"""What each head speaks on; in the order the app reads them."""
FORMS: Final = ("short", "long", "latin", "latin_long")
SOBERED: Final = 0.02
"""Share of emergencies seen by a rule that may be lowered to concern for how harmless they look."""
ENOUGH: Final = 50
"""Harmless messages of one kind and form, below which they bound nothing where others do."""
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trained:
    """What goes into `resources/guard`."""

    weights: npt.NDArray[np.int8]
    """(heads, buckets)"""
    scale: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    thresholds: dict[str, dict[str, float]]


def train(cases: Sequence[Case], groups: Sequence[str], seen: Sequence[Seen]) -> Trained:
    """Return the classifier learnt from `cases`, each seen by the app, in groups of near copies."""
    rows = Rows.of([one.features for one in seen])
    worth = np.array([HALF if case.unsure or case.hand in VEILED else 1.0 for case in cases])
    learn = {name: _head(rows, cases, worth, name) for name in HEADS}
    everything = np.ones(len(cases), dtype=bool)
    found = [one(everything) for one in learn.values()]
    weights = np.stack([rows.spread(one) for one in found])  # (heads, buckets)
    fold = np.array([_fold(group) for group in groups])
    unseen = {name: np.zeros(len(cases)) for name in ("risk", "emergency")}
    for number in range(FOLDS):
        for name, scores in unseen.items():
            there = fold == number
            scores[there] = rows.scores(learn[name](~there))[there]
    scale = np.abs(weights).max(axis=1) / 127
    return Trained(
        weights=np.rint(weights / scale[:, None]).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=np.array([one[-1] for one in found], dtype=np.float32),
        thresholds=_thresholds(cases, seen, unseen | {"grave": grave(**unseen)}),
    )


def _head(
    rows: Rows, cases: Sequence[Case], worth: Numbers, name: str
) -> Callable[[Marks], Numbers]:
    positive = np.array([case.label in HEADS[name] for case in cases])
    # What is over, or another person's, is neither risk nor its absence.
    counted = np.array([name != "risk" or case.label != "history" for case in cases])

    def learnt_from(chosen: Marks) -> Numbers:
        return fit(rows, positive, np.where(chosen & counted, worth, 0.0), STRENGTH)

    return learnt_from


def grave(risk: Numbers, emergency: Numbers) -> Numbers:
    """Return what high is told by: the emergency head, helped by the one for risk."""
    return risk + emergency


def _fold(group: str) -> int:
    if group in OTHERS:
        return OTHERS.index(group) % FOLDS
    return hashlib.sha256(f"guard fold {group}".encode()).digest()[0] % FOLDS


def _thresholds(
    cases: Sequence[Case], seen: Sequence[Seen], unseen: dict[str, Numbers]
) -> dict[str, dict[str, float]]:
    """Return the lowest thresholds that keep false alarms within bounds, by form."""
    wish = np.array([one.wish for one in seen])
    act = np.array([one.act for one in seen])
    most = np.array([one.most for one in seen])
    harmless = np.array([case.label == "none" and not case.unsure for case in cases])
    form = np.array([one.form for one in seen])
    real = np.array([case.real for case in cases])
    others = np.array([case.hand in OTHERS and not case.history for case in cases])

    high = LEVELS.index("high")
    label = np.array([case.label for case in cases])
    wished = (wish >= high) & np.isin(label, list(HEADS["suicide"]))
    acted = (act >= high) & (label == "emergency")

    def sober(name: str, told: Marks, scores: Numbers) -> float:
        here = told & (form == name)
        return round(float(np.quantile(scores[here if here.sum() >= ENOUGH else told], SOBERED)), 3)

    def sober_of(name: str) -> dict[str, float]:
        return {
            "sober": sober(name, acted, unseen["grave"]),
            "sober_wish": sober(name, wished, unseen["risk"]),
        }

    def lowest(name: str, head: str, shares: dict[str, float], above: str) -> float:
        here = form == name
        # A rule's false alarm stands anyway.
        loud = np.maximum(wish, act) >= LEVELS.index(above)
        if above == "high":
            least = sober_of(name)
            wishes = (wish >= high) & (unseen["risk"] >= least["sober_wish"])
            loud = wishes | ((act >= high) & (unseen["grave"] >= least["sober"]))
        free = ~loud & (most >= LEVELS.index(above))
        kinds = (
            (here & harmless & real, shares["real"]),
            (here & harmless & others, shares[name]),
        )
        enough = [one for one in kinds if one[0].sum() >= ENOUGH] or kinds
        return round(
            max(
                _bound(unseen[head][of_kind & free], of_kind, of_kind & loud, share)
                for of_kind, share in enough
                if of_kind.any()
            ),
            3,
        )

    return {
        name: {
            "concern": lowest(name, "risk", SOFT, "concern"),
            "high": lowest(name, "grave", HARD, "high"),
            "emergency": max(0.0, lowest(name, "emergency", EMERGENCY, "high")),
            **sober_of(name),
        }
        for name in FORMS
    }


def _bound(scores: Numbers, all_of_them: Marks, loud: Marks, share: float) -> float:
    """Return the score above which so many are that, with the loud ones, `share` of all is met."""
    allowed = int(share * all_of_them.sum()) - int(loud.sum())
    falling = np.sort(scores)[::-1]
    return float(falling[max(allowed, 0)]) + 1e-3


def stored(trained: Trained) -> dict[str, Any]:
    """Return the arrays of `weights.npz`."""
    return {"weights": trained.weights, "scale": trained.scale, "bias": trained.bias}
