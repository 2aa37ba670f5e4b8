"""What a conversion will take: disk, memory and time, told from the plan alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from convert.errors import OutputError
from convert.ggml import TensorType
from convert.plan import Plan
from convert.stream import SLAB_WEIGHTS
from convert.updates import Update

_WEIGHTS_PER_SECOND: Final = {
    TensorType.F32: 1.0e9,
    TensorType.F16: 7.0e8,
    TensorType.BF16: 1.0e9,
    TensorType.Q8_0: 2.5e8,
    TensorType.Q6_K: 3.5e7,
    TensorType.Q5_K: 2.0e7,
    TensorType.Q4_K: 1.8e7,
    TensorType.Q3_K: 8.0e7,
    TensorType.IQ4_XS: 6.0e6,
    TensorType.IQ4_NL: 6.0e6,
    TensorType.Q4_0: 8.0e8,
    TensorType.Q5_0: 5.0e8,
    TensorType.Q5_1: 5.0e8,
}
"""One core of an AMD EPYC, measured; another machine is within a factor of two or three."""
_MERGED_PER_SECOND: Final = 3.0e8
_INTERPRETER_BYTES: Final = 75 * 1024 * 1024
_SLAB_BYTES_PER_WEIGHT: Final = 14
"""What is read, as float32, its check and what becomes of it; those in flight and those done."""
_MEMORY_FACTS: Final = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact `disk_bytes`; `memory_bytes` of the streaming process and `seconds`, estimated."""

    disk_bytes: int
    memory_bytes: int
    seconds: float


def estimate(plan: Plan, threads: int) -> Cost:
    """Return what the pass will cost with so many threads.

    Raises:
        OutputError: less memory is free than it will need; the sentence has both numbers.
    """
    weights: Counter[TensorType] = Counter()
    largest = 0
    for tensor in plan.tensors:
        weights[tensor.kind] += tensor.merged.weights
        if tensor.merged.update is not None:
            update = _update_bytes(tensor.merged.update, tensor.merged.weights)
            largest = max(largest, update)
    quantising = sum(count / _WEIGHTS_PER_SECOND[kind] for kind, count in weights.items())
    merging = sum(weights.values()) / _MERGED_PER_SECOND
    memory = _INTERPRETER_BYTES + (threads + 2) * SLAB_WEIGHTS * _SLAB_BYTES_PER_WEIGHT + largest
    free = _free_memory()
    if free is not None and free < memory:
        raise OutputError("memory_short", path=plan.out, needed=memory, free=free)
    return Cost(
        disk_bytes=plan.size,
        memory_bytes=memory,
        seconds=(quantising + merging) / threads,
    )


def _update_bytes(update: Update, weights: int) -> int:
    """Bytes of memory one parameter's update takes: its factors, or the whole weight twice."""
    if update.foreign is not None:
        return 600 * 1024 * 1024 + 12 * weights  # torch, the weight, its update and the sum
    if update.low_rank is None:
        return 0
    rank = update.low_rank.left.shape[0 if update.low_rank.embedding else 1]
    return 8 * rank * sum(update.low_rank.shape)


def _free_memory() -> int | None:
    """Return the bytes the system can still give, None where it does not say."""
    if not _MEMORY_FACTS.exists():
        return None
    for line in _MEMORY_FACTS.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
