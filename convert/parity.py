"""How far a written model's logits are from the reference; how far they may be: `gates`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from convert.sources import Float32

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
    """Return the figures for logits of equal shapes, each (tokens, vocabulary).

    Position by position: in float64 all of them are a gigabyte where the vocabulary is large.
    """
    error = square = divergence = 0.0
    tokens = same = 0
    for one, other in zip(reference, written, strict=True):
        for expected, found in zip(_doubled(one), _doubled(other), strict=True):
            likely = _log_softmax(expected)
            divergence += float((np.exp(likely) * (likely - _log_softmax(found))).sum())
            error += float(np.square(found - expected).sum())
            square += float(np.square(expected).sum())
            same += int(expected.argmax() == found.argmax())
            tokens += 1
    return Parity(tokens, nmse=error / square, kld=divergence / tokens, same_top=same / tokens)


def is_untrained(reference: Sequence[Float32], prompts: Sequence[Sequence[int]]) -> bool:
    """Tell whether a model's weights are random: it finds text as unlikely as any token.

    Its mean surprise at the prompts' own next tokens is then about the logarithm of the
    vocabulary's size; a trained model's is a half of that or less.
    """
    surprises = [
        -float(_log_softmax(logits)[id_])
        for one, ids in zip(reference, prompts, strict=True)
        for logits, id_ in zip(_doubled(one[:-1]), ids[1:], strict=True)
    ]
    width = reference[0].shape[1]
    return sum(surprises) / len(surprises) >= _GUESSING * math.log(width)


def _doubled(logits: Float32) -> Iterator[npt.NDArray[np.float64]]:
    """Yield each position's logits, (vocabulary,)."""
    return (one.astype(np.float64) for one in logits)


def _log_softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = logits - logits.max()
    result: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result
