"""How far a written model's logits may be from the reference.

Float32 leaves rounding only; an NMSE of 1e-4 is "excellent" in llama.cpp's own check
(`check-nmse.py`); a quantised type may have twice its published Kullback-Leibler divergence
(llama.cpp `tools/perplexity`, Llama 3 8B). Its NMSE is reported: on a narrow model llama.cpp's
8-bit activations alone exceed any bound a wide one would keep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from convert.errors import VerificationError
from convert.ggml import BLOCKS, TensorType
from convert.metadata import PlannedTensor
from convert.mixtures import Mixture, TypeRule, is_matrix, named_type
from convert.parity import Parity

_MOST_NMSE: Final = {Mixture.F32: 1e-9, Mixture.F16: 1e-4}
_GELU_TABLE: Final = 1e-6
"""llama.cpp looks GELU up in a table of float16 numbers: the least NMSE asked of such a model."""
_MOST_KLD: Final = {
    Mixture.Q8_0: 2 * 0.0014,
    Mixture.Q6_K: 2 * 0.0055,
    Mixture.Q5_K_M: 2 * 0.011,
    Mixture.Q4_K_M: 2 * 0.031,
    Mixture.Q4_K_S: 2 * 0.043,
    Mixture.IQ4_XS: 2 * 0.036,
    Mixture.Q4_0: 2 * 0.072,
    Mixture.Q3_K_M: 2 * 0.102,
}
_LIKE: Final = {
    TensorType.F32: Mixture.F32,
    TensorType.F16: Mixture.F16,
    TensorType.Q8_0: Mixture.Q8_0,
    TensorType.Q6_K: Mixture.Q6_K,
    TensorType.Q4_K: Mixture.Q4_K_S,
    TensorType.IQ4_XS: Mixture.IQ4_XS,
    TensorType.Q4_0: Mixture.Q4_0,
}
"""The mixture that is nearly all of one type; those of the other types have no figure."""


def judged_as(
    tensors: Sequence[PlannedTensor], mixture: Mixture, rules: Sequence[TypeRule]
) -> Mixture | None:
    """Return the mixture whose gates a file is held to; None where its parity is reported alone.

    That is its own, unless a person chose types: then the most lenient of what is in use, so
    that a file made coarser on purpose is not refused and one made finer is held to more. A type
    without a figure counts only where none that has one is coarser; then nothing is refused.
    """
    judges: set[tuple[Mixture, float]] = set()
    free = math.inf  # bits of the coarsest type without a figure
    for tensor in tensors:
        if not is_matrix(tensor.merged):
            continue
        kind: TensorType = mixture.default_type
        judge: Mixture | None = mixture
        if named_type(rules, tensor.merged) is not None:
            kind = tensor.kind
            judge = _LIKE.get(kind)
        if judge is None or not any(_leniency(judge)):
            free = min(free, _bits(kind))
        else:
            judges.add((judge, _bits(kind)))
    if free <= min((bits for _, bits in judges), default=0.0):
        return None
    return max((judge for judge, _ in judges), key=_leniency, default=None)


def check_gates(parity: Parity, judge: Mixture, activation: str, path: Path) -> None:
    """Refuse a file whose logits are further away than the types of `judge` explain.

    `activation`: of the feed-forward part, silu or gelu.

    Raises:
        VerificationError: names the measure and both numbers.
    """
    most_nmse = _MOST_NMSE.get(judge)
    if most_nmse is not None and activation == "gelu":
        most_nmse = max(most_nmse, _GELU_TABLE)
    for measure, value, most in (
        ("NMSE", parity.nmse, most_nmse),
        ("KLD", parity.kld, _MOST_KLD.get(judge)),
    ):
        if most is not None and not value <= most:
            raise VerificationError(
                "logits_differ",
                path=path,
                measure=measure,
                value=f"{value:.2e}",
                most=f"{most:.2e}",
            )


def _bits(kind: TensorType) -> float:
    """Return bits per weight."""
    weights, size = BLOCKS[kind]
    return 8 * size / weights


def _leniency(judge: Mixture) -> tuple[float, float]:
    """Return what two mixtures are compared by: every divergence is more than every rounding."""
    return _MOST_KLD.get(judge, 0.0), _MOST_NMSE.get(judge, 0.0)
