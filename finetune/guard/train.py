"""Labelled messages → weights and thresholds.

Thresholds are chosen on scores of messages that the scoring weights have not seen: real ones in
folds by group, written ones by leaving out all that some others wrote. Nothing here looks at a
held-out message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from finetune.guard import ensemble
from finetune.guard.app import Seen
from finetune.guard.cases import OTHERS, VEILED, Case
from finetune.guard.logistic import Numbers, Rows, fit
from finetune.guard.thresholds import Signals, Unlearnt, thresholds

FOLDS: Final = 4
STRENGTH: Final = 10.0
HALF: Final = 0.5
"""What a message counts that is on the border of two labels, or harder than what people say."""
HEADS: Final[dict[str, frozenset[str]]] = {
    "risk": frozenset({"emergency", "ideation", "self_harm", "harm_others", "abuse"}),
    "emergency": frozenset({"emergency"}),
    "suicide": frozenset({"emergency", "ideation"}),
    "self_harm": frozenset({"self_harm"}),
    "harm_to_others": frozenset({"harm_others"}),
    "abuse": frozenset({"abuse"}),
}
"""What each head speaks on; in the order the app reads them."""
BOTH: Final = ("risk", "emergency")
"""The heads that the networks have as well."""
NEVER: Final = -1
"""The fold of what is always learnt from, and bounds nothing."""
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trained:
    """What goes into `resources/guard`."""

    arrays: dict[str, Any]
    """Of both classifiers, by name."""
    spread: dict[str, float]
    thresholds: dict[str, dict[str, float]]
    unlearnt: Unlearnt
    """Those that the thresholds stand on."""


def train(cases: Sequence[Case], groups: Sequence[str], seen: Sequence[Seen]) -> Trained:
    """Return both classifiers learnt from `cases`, each seen by the app, in groups."""
    fold = np.array([_fold(group, case) for group, case in zip(groups, cases, strict=True)])
    linear = unseen_linear(cases, seen, fold)
    network = unseen_network(cases, seen, fold)
    spread, unlearnt = scored_together(cases, seen, fold, linear, network)
    chosen = thresholds(unlearnt.cases, unlearnt.signals)
    return Trained(whole(cases, seen), spread, chosen, unlearnt)


def scored_together(
    cases: Sequence[Case],
    seen: Sequence[Seen],
    fold: npt.NDArray[np.int64],
    linear: Numbers,
    network: Numbers,
) -> tuple[dict[str, float], Unlearnt]:
    """Return how scores (n, 2) of unseen messages are averaged, and what bounds stand on."""
    counted = np.flatnonzero(fold != NEVER).tolist()
    share = np.round(linear[counted].std(0) / network[counted].std(0), 4)
    both = (linear + share * network) / 2
    signals = Signals.of([seen[n] for n in counted], both[counted, 0], both[counted, 1])
    unlearnt = Unlearnt([cases[n] for n in counted], signals)
    return dict(zip(BOTH, share.tolist(), strict=True)), unlearnt


def unseen_linear(
    cases: Sequence[Case], seen: Sequence[Seen], fold: npt.NDArray[np.int64]
) -> Numbers:
    """Return the linear scores (n, 2) of each message by weights that have not learnt from it."""
    rows = Rows.of([one.features for one in seen])
    scores = np.zeros((len(cases), len(BOTH)))
    for column, name in enumerate(BOTH):
        learnt_from = _head(rows, cases, name)
        for number in range(FOLDS):
            there = fold == number
            scores[there, column] = rows.scores(learnt_from(~there))[there]
    return scores


def unseen_network(
    cases: Sequence[Case], seen: Sequence[Seen], fold: npt.NDArray[np.int64]
) -> Numbers:
    """Return the same of the networks."""
    folds = [np.flatnonzero(fold == number) for number in range(FOLDS)]
    return ensemble.unseen([one.row for one in seen], cases, folds)


def whole(cases: Sequence[Case], seen: Sequence[Seen]) -> dict[str, Any]:
    """Return the arrays of both, learnt from everything: `weights.npz`."""
    rows = Rows.of([one.features for one in seen])
    everything = np.ones(len(cases), dtype=bool)
    found = [_head(rows, cases, name)(everything) for name in HEADS]
    weights = np.stack([rows.spread(one) for one in found])  # (heads, buckets)
    scale = np.abs(weights).max(axis=1) / 127
    return {
        "weights": np.rint(weights / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": np.array([one[-1] for one in found], dtype=np.float32),
        **ensemble.whole([one.row for one in seen], cases),
    }


def _head(rows: Rows, cases: Sequence[Case], name: str) -> Callable[[Marks], Numbers]:
    worth = np.array([HALF if case.unsure or case.hand in VEILED else 1.0 for case in cases])
    positive = np.array([case.label in HEADS[name] for case in cases])
    # What is over, or another person's, is neither risk nor its absence.
    counted = np.array([name != "risk" or case.label != "history" for case in cases])

    def learnt_from(chosen: Marks) -> Numbers:
        return fit(rows, positive, np.where(chosen & counted, worth, 0.0), STRENGTH)

    return learnt_from


def _fold(group: str, case: Case) -> int:
    if case.hand in OTHERS:
        return OTHERS.index(case.hand) % FOLDS
    if case.real:
        return hashlib.sha256(f"guard fold {group}".encode()).digest()[0] % FOLDS
    return NEVER
