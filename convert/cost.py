"""What a conversion will take: disk, memory and time, told from the plan alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from convert.errors import OutputError
from convert.ggml import TensorType
from convert.memory_needs import memory_of_full, memory_of_pass, memory_of_proof
from convert.plan import Plan
from convert.verify import Level
from resources.host_memory import available_memory

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


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact `disk_bytes`; `memory_bytes` of what takes most, `seconds` of the pass, estimated.

    Verifying takes further seconds, which depend on its level and the machine too much to tell.
    """

    disk_bytes: int
    memory_bytes: int
    seconds: float


def estimate(plan: Plan, threads: int, level: Level) -> Cost:
    """Return what a conversion verified up to `level` will cost with so many threads.

    Raises:
        OutputError: less memory is free, on the machine or in this process's group, than it
            will need; the sentence has both numbers.
    """
    weights: Counter[TensorType] = Counter()
    for tensor in plan.tensors:
        weights[tensor.kind] += tensor.merged.weights
    quantising = sum(count / _WEIGHTS_PER_SECOND[kind] for kind, count in weights.items())
    merging = sum(weights.values()) / _MERGED_PER_SECOND
    memory, free = memory_of_pass(plan, threads), available_memory()
    if free is not None and free < memory:
        raise OutputError("memory_short", path=plan.out, needed=memory, free=free)
    return Cost(
        disk_bytes=plan.size,
        memory_bytes=max(memory, memory_of_verifying(plan, level)),
        seconds=(quantising + merging) / threads,
    )


def memory_of_verifying(plan: Plan, level: Level) -> int:
    """Return the bytes of whichever process of verifying takes most, 0 where there is none.

    Raises:
        OutputError: less is free than `full` needs; the sentence has both numbers.
    """
    if level < Level.FULL:
        return memory_of_proof(plan) if level else 0
    memory, free = memory_of_full(plan), available_memory()
    if free is not None and free < memory:
        raise OutputError("memory_short_full", path=plan.out, needed=memory, free=free)
    return memory
