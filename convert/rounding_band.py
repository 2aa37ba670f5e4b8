"""How far rows in a file may be from what was to be stored, as their type explains it.

Three causes, each a root mean square in the weights' own unit. The usual one is a share of the
rows' own. A block with one large weight has steps of that weight's size. Scales are float16, so
that below 6e-8 they have whole steps only, and what needs a smaller scale than half of one is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from convert.ggml import BLOCKS, TensorType
from convert.sources import Float32

MERGED_APART: Final = 1e-5
"""How far two ways of adding in float32 and float64 may be apart, relative to the rows."""
_LEAST_FLOAT16: Final = 2.0**-24
_LEAST_NORMAL: Final = 2.0**-126
"""Below it float32 and bfloat16 have whole steps only, or none where a processor drops them."""


@dataclass(frozen=True, slots=True)
class _Rounding:
    """What one type does to weights.

    `usual`: root mean square error over that of weights of about one size: about thrice the
    measured one, since a fault (order, scale, shift) gives an error near or above one.
    `step`: half a step over the largest weight of a `group` that has a scale of its own;
    `scale_step`: half a step of those scales, as a share of the block's largest weight.
    `codes`: the largest weight over the block's float16; `shifted`: a group also has a least
    weight, and codes count from there.
    """

    usual: float
    group: int = 1
    step: float = 0.0
    scale_step: float = 0.0
    codes: float = 0.0
    shifted: bool = False


_ROUNDING: Final = {
    TensorType.F32: _Rounding(MERGED_APART),
    TensorType.F16: _Rounding(0.001),
    TensorType.BF16: _Rounding(0.006),
    TensorType.Q8_0: _Rounding(0.02, 32, 1 / 254, 0, 127),
    TensorType.Q6_K: _Rounding(0.05, 16, 1 / 64, 1 / 256, 128 * 32),
    TensorType.Q5_0: _Rounding(0.12, 32, 1 / 32, 0, 16),
    TensorType.Q5_1: _Rounding(0.12, 32, 1 / 31, 0, 32, shifted=True),
    TensorType.Q5_K: _Rounding(0.10, 32, 1 / 31, 1 / 63, 63 * 32, shifted=True),
    TensorType.Q4_0: _Rounding(0.25, 32, 1 / 16, 0, 8),
    TensorType.Q4_K: _Rounding(0.20, 32, 1 / 15, 1 / 63, 63 * 16, shifted=True),
    TensorType.IQ4_XS: _Rounding(0.22, 32, 7 / 127, 1 / 64, 32 * 127),
    TensorType.IQ4_NL: _Rounding(0.22, 32, 7 / 127, 0, 127),
    TensorType.Q3_K: _Rounding(0.40, 16, 1 / 8, 1 / 64, 32 * 4),
}


def root_mean_square(values: npt.NDArray[np.floating]) -> float:
    """Return it in float64, in which no float32 squared is zero or infinite."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def merging_band(expected: Float32) -> float:
    """Return the largest root mean square error that adding in another order explains."""
    return MERGED_APART * root_mean_square(expected) + _LEAST_NORMAL


def storing_band(kind: TensorType, expected: Float32) -> float:
    """Return the largest root mean square error that storing rows as `kind` explains."""
    rounding = _ROUNDING[kind]
    usual = rounding.usual * root_mean_square(expected)
    return float(np.hypot(max(usual, _spiked(kind, expected)), _tiny(kind, expected)))


def unseen_below(kind: TensorType) -> float:
    """Return the size of weights that `kind` stores as zero."""
    if kind is TensorType.F16:
        return _LEAST_FLOAT16 / 2
    return max(_LEAST_FLOAT16 / 2 * _ROUNDING[kind].codes, _LEAST_NORMAL)


def _spiked(kind: TensorType, expected: Float32) -> float:
    """Return the error of blocks whose every weight lies half a step from what can be stored."""
    rounding = _ROUNDING[kind]
    if not rounding.step:
        return 0.0
    weights = np.abs(expected.astype(np.float64)).reshape(-1, BLOCKS[kind][0])
    groups = weights.reshape(len(weights), -1, rounding.group).max(axis=2)
    most = rounding.step * groups + rounding.scale_step * groups.max(axis=1, keepdims=True)
    return root_mean_square(most)


def _tiny(kind: TensorType, expected: Float32) -> float:
    """Return the error of scales that are half a step of float16 beside what was wanted."""
    lost = unseen_below(kind)
    rounding = _ROUNDING[kind]
    if not rounding.codes or rounding.shifted:
        return lost
    weights = expected.astype(np.float64).reshape(-1, BLOCKS[kind][0])
    largest = np.abs(weights).max(axis=1, keepdims=True)
    # a block's error is that of its scale, times its weights
    shares = np.divide(weights, largest, out=np.zeros_like(weights), where=largest > 0)
    return lost * root_mean_square(shares)
