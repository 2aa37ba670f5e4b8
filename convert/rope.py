"""Rotary frequencies, shared by the GGUF writer and the reference decoder."""

from __future__ import annotations

import math

import numpy as np

from convert.hyperparameters import Rope
from convert.sources import Float32


def inverse_frequencies(rope: Rope, head_size: int) -> Float32:
    """Return the unscaled frequencies θ^(-2i/d), (head_size / 2,)."""
    exponents = np.arange(0, head_size, 2, dtype=np.float32) / np.float32(head_size)
    return (1.0 / np.float32(rope.theta) ** exponents).astype(np.float32)


def llama3_factors(rope: Rope, head_size: int) -> Float32:
    """Return what Llama 3.1 divides each frequency by, (head_size / 2,).

    Long waves are stretched by `factor`, short ones kept, those between interpolated
    (transformers' `_compute_llama3_parameters`; llama.cpp reads them as `rope_freqs.weight`).
    """
    wavelength = 2 * math.pi / inverse_frequencies(rope, head_size).astype(np.float64)
    low, high = rope.low_frequency_factor, rope.high_frequency_factor
    smooth = (rope.original_context / wavelength - low) / (high - low)
    between = 1 / ((1 - smooth) / rope.factor + smooth)
    factors = np.where(wavelength < rope.original_context / high, 1.0, between)
    factors = np.where(wavelength > rope.original_context / low, rope.factor, factors)
    return factors.astype(np.float32)
