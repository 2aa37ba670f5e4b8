"""With how many threads a model is fastest on this machine: measured, in the child, when idle.

The counts of cores that a system gives do not say how fast the slow ones are, nor who else
computes. Single tokens are decoded, as for a reply, behind what the cache holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from desktop_app.engine.context import KvContext

ROUNDS: Final = 5
TOKENS: Final = 2
"""Decoded in each round, after one that wakes the threads."""
WORTH_IT: Final = 0.95
"""Another number than the first must take less than that part of its time."""
ANY_TOKEN: Final = 1


def fastest(
    context: KvContext, threads: Sequence[int], interrupted: Callable[[], bool]
) -> int | None:
    """Return the best of some numbers of threads, which is then in use.

    Args:
        context: what it holds stays, and is held afterwards.
        threads: what to compare, the one in use in front; it stays unless another is better.
        interrupted: asked between all steps of computing; then there is no answer, None, and
            nothing has changed.
    """
    llama, held = context.llama, len(context.tokens)
    if (held and not llama.forgets_tokens) or held + TOKENS + 1 > llama.n_ctx:
        return None
    taken: dict[int, list[float]] = {number: [] for number in threads}
    chosen: int | None = None
    llama.abort_when(interrupted)
    try:
        for _ in range(ROUNDS):
            for number, times in taken.items():
                llama.use_threads(number)
                seconds = _decode(context, held)
                if seconds is None or interrupted():
                    return None
                times.append(seconds)
        first, best = threads[0], min(threads, key=lambda each: median(taken[each]))
        better = median(taken[best]) < WORTH_IT * median(taken[first])
        chosen = best if better else first
    finally:
        llama.abort_when(None)
        llama.use_threads(chosen or threads[0])
        if not llama.keep(held):
            llama.clear()
            context.tokens.clear()
    return chosen


def _decode(context: KvContext, held: int) -> float | None:
    """Return how long TOKENS tokens take, each by itself; None where it was broken off."""
    context.llama.keep(held)
    if context.llama.decode([ANY_TOKEN]) != 0:
        return None
    began = time.perf_counter()
    for _ in range(TOKENS):
        if context.llama.decode([ANY_TOKEN]) != 0:
            return None
    return time.perf_counter() - began
