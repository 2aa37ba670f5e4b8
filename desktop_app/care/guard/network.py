"""The second small classifier: convolutional networks over tokens, computed by numpy.

Each reads a message together with what was said before, and knows which is which. Trained by
`soulchat-finetune guard`; their log odds are averaged, and then with those of the linear one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from desktop_app.care.guard.tokens import Tokens

KINDS: Final = ("none", "history", "emergency", "ideation", "self_harm", "harm_others", "abuse")
"""What it tells apart besides; the first two are no risk."""
HARMLESS: Final = 2
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The weights; names and shapes are those of `finetune.guard.network`."""

    embedding: npt.NDArray[np.int8]
    """(buckets, wide)"""
    embedding_scale: Numbers
    """(wide,)"""
    segment: Numbers
    """(2, wide): added to a token from before, and to one of the new message."""
    near: Numbers
    """(3, wide, channels): a token with its neighbours"""
    near_bias: Numbers
    far: Numbers
    """(3, channels, channels): with the second ones on either side"""
    far_bias: Numbers
    attention: Numbers
    """(channels, looks)"""
    attention_bias: Numbers
    out: Numbers
    """(4 · channels, 2 + kinds): risk, an emergency, and a score of each kind"""
    out_bias: Numbers

    @classmethod
    def of(cls, stored: Mapping[str, Any], number: int) -> Network:
        """Return one of the networks whose arrays are stored by number and name."""
        whole = {name: stored[f"net{number}_{name}"] for name in cls.__dataclass_fields__}
        return cls(
            **{
                name: array if array.dtype == np.int8 else array.astype(np.float32)
                for name, array in whole.items()
            }
        )

    def scores(self, row: Tokens, before: int) -> dict[str, float]:
        """Return how far risk and an emergency are more likely than not, by log odds.

        Each is what its own output says and what the kinds say together. The first `before` tokens
        were said earlier.
        """
        parts = self.embedding[row].astype(np.float32)  # (tokens, parts, wide)
        held = row > 0
        parts *= held[:, :, None]
        count = np.sqrt(np.maximum(held.sum(1), 1)).astype(np.float32)
        inner = parts.sum(1) * self.embedding_scale / count[:, None]
        inner[:before] += self.segment[0]
        inner[before:] += self.segment[1]
        said = _relu(_convolved(inner, self.near, 1) + self.near_bias)
        said = said + _relu(_convolved(said, self.far, 2) + self.far_bias)  # (tokens, channels)
        looked = _softmax(said @ self.attention + self.attention_bias)  # (tokens, looks)
        share = said.shape[1] // looked.shape[1]
        pools = [
            looked[:, look] @ said[:, look * share : (look + 1) * share]
            for look in range(looked.shape[1])
        ]
        mean = said.sum(0) / np.sqrt(np.float32(len(said)))
        pooled = np.concatenate([*pools, said[before:].max(0), said.max(0), mean])
        risk, emergency, *_ = found = pooled @ self.out + self.out_bias
        kinds = found[2:]
        at = KINDS.index("emergency")
        others = np.delete(kinds, at)
        return {
            "risk": float(risk + _summed(kinds[HARMLESS:]) - _summed(kinds[:HARMLESS])),
            "emergency": float(emergency + kinds[at] - _summed(others)),
        }


def _convolved(rows: Numbers, kernel: Numbers, apart: int) -> Numbers:
    """Return (tokens, channels): each row with those `apart` before and after it, zeros outside."""
    summed = rows @ kernel[1]
    if len(rows) > apart:
        summed[apart:] += rows[:-apart] @ kernel[0]
        summed[:-apart] += rows[apart:] @ kernel[2]
    return np.asarray(summed)


def _summed(scores: Numbers) -> np.float32:
    """Return the score of any of them: the logarithm of the sum of their exponentials."""
    return np.float32(np.logaddexp.reduce(scores))


def _relu(rows: Numbers) -> Numbers:
    return np.maximum(rows, np.float32(0))


def _softmax(rows: Numbers) -> Numbers:
    raised = np.exp(rows - rows.max(0))
    return np.asarray(raised / raised.sum(0))
