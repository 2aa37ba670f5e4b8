"""Logistic regression over sets of buckets, with numpy alone and the same result every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BUCKETS: Final = 1 << 18
"""As the app's features have."""
SCALE: Final = 3.0
"""As the app's classifier has."""
FEWEST: Final = 2
"""A bucket that fewer messages fall into has no weight."""
STEPS: Final = 120
CLOSE: Final = 3e-6
"""Done when a step gains less than this share of the loss."""
MEMORY: Final = 8
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages as the buckets they fall into, one after another; rare buckets are left out."""

    columns: npt.NDArray[np.int64]
    """(sum of counts,) the place in `kept` of every bucket."""
    values: Numbers
    """(sum of counts,) what each is worth: less in a longer message, as the app has it."""
    starts: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    """The buckets that have a weight, ascending."""

    @classmethod
    def of(cls, messages: Sequence[npt.NDArray[np.int64]]) -> Rows:
        """Return messages, each a set of buckets, as rows."""
        everything = np.concatenate(messages)
        kept = np.flatnonzero(np.bincount(everything, minlength=BUCKETS) >= FEWEST)
        column = np.full(BUCKETS, -1)
        column[kept] = np.arange(len(kept))
        rows = [column[message][column[message] >= 0] for message in messages]
        counts = np.array([len(row) for row in rows])
        worth = np.array([len(message) ** -0.25 / SCALE for message in messages])
        starts = np.cumsum(counts) - counts
        return cls(np.concatenate(rows), np.repeat(worth, counts), starts, kept)

    def scores(self, weights: Numbers) -> Numbers:
        """Return each message's log odds (n,) by weights (kept + 1,), the last one the bias."""
        added = np.add.reduceat(weights[self.columns] * self.values, self.starts)
        return np.asarray(added + weights[-1])

    def gradient(self, slopes: Numbers) -> Numbers:
        """Return how the loss changes with each weight, (kept + 1,)."""
        ends = np.append(self.starts[1:], len(self.columns))
        each = np.repeat(slopes, ends - self.starts) * self.values
        summed = np.bincount(self.columns, weights=each, minlength=len(self.kept))
        return np.append(summed, slopes.sum())

    def spread(self, weights: Numbers) -> Numbers:
        """Return weights (kept + 1,) as weights of all buckets (BUCKETS,), without the bias."""
        whole = np.zeros(BUCKETS)
        whole[self.kept] = weights[:-1]
        return whole


def _dot(one: Numbers, other: Numbers) -> float:
    """Return the product by numpy's own sum: in one thread, and in the same order every time."""
    return float((one * other).sum())


def fit(rows: Rows, positive: npt.NDArray[np.bool_], worth: Numbers, strength: float) -> Numbers:
    """Return weights (kept + 1,): both classes count alike, whatever their numbers.

    Args:
        rows: the messages.
        positive: which of them (n,) the head should speak on.
        worth: how much each counts (n,); 0 leaves one out.
        strength: the inverse of the penalty on large weights.
    """
    truth = positive.astype(np.float64)
    balance = np.where(positive, 1 / (worth @ truth), 1 / (worth @ (1 - truth)))
    each = worth * balance * worth.sum() / 2

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        scores = rows.scores(weights)
        error = np.logaddexp(0, scores) - truth * scores
        kept = np.append(weights[:-1], 0.0)  # the bias is free
        slopes = each * (1 / (1 + np.exp(-scores)) - truth)
        value = _dot(each, error) + _dot(kept, kept) / (2 * strength)
        return value, rows.gradient(slopes) + kept / strength

    return _minimum(loss, np.zeros(len(rows.kept) + 1))


def _minimum(loss: Callable[[Numbers], tuple[float, Numbers]], start: Numbers) -> Numbers:
    """Return where a convex function, given with its slope, is least: L-BFGS, halving steps."""
    here = start
    value, slope = loss(here)
    moves: list[tuple[Numbers, Numbers, float]] = []
    for _ in range(STEPS):
        way = -_scaled(slope, moves)
        step = 1.0 if moves else 1.0 / max(1.0, float(np.abs(slope).sum()))
        promised = _dot(slope, way)
        while True:
            there = here + step * way
            new_value, new_slope = loss(there)
            if new_value <= value + 1e-4 * step * promised or step < 1e-10:
                break
            step /= 2
        move, turn = there - here, new_slope - slope
        bend = _dot(move, turn)
        if bend > 0:
            moves = [*moves, (move, turn, 1 / bend)][-MEMORY:]
        done = value - new_value < CLOSE * max(1.0, abs(value))
        here, value, slope = there, new_value, new_slope
        if done:
            break
    return here


def _scaled(slope: Numbers, moves: list[tuple[Numbers, Numbers, float]]) -> Numbers:
    """Return the slope times the approximate inverse curvature (Nocedal's two loops)."""
    way = slope.copy()
    shares = []
    for move, turn, inverse in reversed(moves):
        share = inverse * _dot(move, way)
        way -= share * turn
        shares.append(share)
    if moves:
        move, turn, _ = moves[-1]
        way *= _dot(move, turn) / _dot(turn, turn)
    for (move, turn, inverse), share in zip(moves, reversed(shares), strict=True):
        way += move * (share - inverse * _dot(turn, way))
    return way
