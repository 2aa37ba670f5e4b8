"""Several networks whose scores are averaged, each learnt in a process of its own.

They differ by their seeds alone: by how they begin, and in what order they learn. What one of them
has from chance the others have not, so that together they are a little surer than the best of them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from finetune.guard.cases import Case
from finetune.guard.network import Row, Scores, scored, trained

NETWORKS: Final = 2
Places = npt.NDArray[np.int64]

_learnt_from: tuple[Sequence[Row], Sequence[Case]] = ((), ())
"""Of a worker: handed over once, as it begins."""


def unseen(rows: Sequence[Row], cases: Sequence[Case], folds: Sequence[Places]) -> Scores:
    """Return the scores (n, 2) of each message by networks that have not learnt from its fold.

    What is in no fold is always learnt from, and has no score.
    """
    jobs = [(seed, there) for there in folds for seed in range(NETWORKS)]
    seeds, theres = zip(*jobs, strict=True)
    scores = np.zeros((len(cases), 2))
    with _workers(rows, cases) as pool:
        for (_, there), found in zip(jobs, pool.map(_of_fold, seeds, theres), strict=True):
            scores[there] += found / NETWORKS
    return scores


def whole(rows: Sequence[Row], cases: Sequence[Case]) -> dict[str, Any]:
    """Return the arrays of all, learnt from everything, by name: `net0_…`, `net1_…`."""
    with _workers(rows, cases) as pool:
        found = pool.map(_of_all, range(NETWORKS))
        return {f"net{seed}_{k}": v for seed, arrays in enumerate(found) for k, v in arrays.items()}


@contextmanager
def _workers(rows: Sequence[Row], cases: Sequence[Case]) -> Iterator[ProcessPoolExecutor]:
    workers = min(NETWORKS, os.cpu_count() or 1)
    fresh = multiprocessing.get_context("spawn")  # torch's threads do not outlive a fork
    with ProcessPoolExecutor(workers, fresh, _take, (rows, cases)) as pool:
        yield pool


def _take(rows: Sequence[Row], cases: Sequence[Case]) -> None:
    global _learnt_from  # noqa: PLW0603 - what a worker begins with has no other place
    _learnt_from = rows, cases


def _of_fold(seed: int, there: Places) -> Scores:
    rows, cases = _learnt_from
    others = np.setdiff1d(np.arange(len(cases)), there)
    return scored(trained(rows, cases, others, seed), [rows[place] for place in there])


def _of_all(seed: int) -> dict[str, Any]:
    rows, cases = _learnt_from
    stored: dict[str, Any] = trained(rows, cases, np.arange(len(cases)), seed).stored()
    return stored
