"""How far a written model's logits are from the reference, and how far they may be.

Gates: float32 leaves rounding only; an NMSE of 1e-4 is "excellent" in llama.cpp's own check
(`check-nmse.py`); a quantised type may have twice its published Kullback-Leibler divergence
(llama.cpp `tools/perplexity`, Llama 3 8B). Its NMSE is reported: on a narrow model llama.cpp's
8-bit activations alone exceed any bound a wide one would keep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from convert.errors import VerificationError
from convert.mixtures import Mixture
from convert.sources import Float32

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
_GUESSING: Final = 0.9


@dataclass(frozen=True, slots=True)
class Parity:
    """Written against reference over `tokens` positions.

    `nmse`: squared error over squared reference; `kld`: mean divergence in nats;
    `same_top`: share of positions with the same likeliest token.
    """

    tokens: int
    nmse: float
    kld: float
    same_top: float


def compare(reference: Sequence[Float32], written: Sequence[Float32]) -> Parity:
    """Return the figures for logits of equal shapes, each (tokens, vocabulary)."""
    expected = np.concatenate(reference).astype(np.float64)
    found = np.concatenate(written).astype(np.float64)
    likely, found_likely = _log_softmax(expected), _log_softmax(found)
    divergence = (np.exp(likely) * (likely - found_likely)).sum(axis=1)
    return Parity(
        tokens=len(expected),
        nmse=float(np.square(found - expected).sum() / np.square(expected).sum()),
        kld=float(divergence.mean()),
        same_top=float((expected.argmax(axis=1) == found.argmax(axis=1)).mean()),
    )


def is_untrained(reference: Sequence[Float32], prompts: Sequence[Sequence[int]]) -> bool:
    """Tell whether a model's weights are random: it finds text as unlikely as any token.

    Its mean surprise at the prompts' own next tokens is then about the logarithm of the
    vocabulary's size; a trained model's is a half of that or less.
    """
    surprises = [
        -_log_softmax(logits.astype(np.float64))[np.arange(len(ids) - 1), list(ids[1:])]
        for logits, ids in zip((one[:-1] for one in reference), prompts, strict=True)
    ]
    width = reference[0].shape[1]
    return float(np.concatenate(surprises).mean()) >= _GUESSING * math.log(width)


def check_gates(parity: Parity, mixture: Mixture, activation: str, path: Path) -> None:
    """Refuse a file whose logits are further away than its type explains.

    `activation`: of the feed-forward part, silu or gelu.

    Raises:
        VerificationError: names the measure and both numbers.
    """
    most_nmse = _MOST_NMSE.get(mixture)
    if most_nmse is not None and activation == "gelu":
        most_nmse = max(most_nmse, _GELU_TABLE)
    for measure, value, most in (
        ("NMSE", parity.nmse, most_nmse),
        ("KLD", parity.kld, _MOST_KLD.get(mixture)),
    ):
        if most is not None and not value <= most:
            raise VerificationError(
                "logits_differ",
                path=path,
                measure=measure,
                value=f"{value:.2e}",
                most=f"{most:.2e}",
            )


def _log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result
