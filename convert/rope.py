"""Rotary frequencies, shared by the GGUF writer and the reference decoder."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from convert.hyperparameters import Rope
from convert.sources import Float32


def inverse_frequencies(rope: Rope, theta: float) -> Float32:
    """Return the unscaled frequencies theta^(-2i/d), (rope.size / 2,)."""
    exponents = np.arange(0, rope.size, 2, dtype=np.float32) / np.float32(rope.size)
    frequencies: Float32 = (1.0 / np.float32(theta) ** exponents).astype(np.float32)
    return frequencies


def scaled_frequencies(rope: Rope, tokens: int) -> Float32:
    """Return the frequencies at which a text of `tokens` is rotated, (rope.size / 2,)."""
    divisors: Float32 = np.ones(rope.size // 2, np.float32)
    if rope.kind == "llama3":
        divisors = llama3_factors(rope)
    elif rope.kind == "linear":
        divisors *= np.float32(rope.factor)
    elif rope.kind == "longrope":
        beyond = tokens > rope.original_context
        divisors = np.array(rope.long_factors if beyond else rope.short_factors, np.float32)
    frequencies: Float32 = inverse_frequencies(rope, rope.theta) / divisors
    return frequencies


def llama3_factors(rope: Rope) -> Float32:
    """Return what Llama 3.1 divides each frequency by, (rope.size / 2,).

    Long waves are stretched by `factor`, short ones kept, those between interpolated
    (transformers' `_compute_llama3_parameters`; llama.cpp reads them as `rope_freqs.weight`).
    """
    wavelength = 2 * math.pi / inverse_frequencies(rope, rope.theta).astype(np.float64)
    low, high = rope.low_frequency_factor, rope.high_frequency_factor
    smooth = (rope.original_context / wavelength - low) / (high - low)
    between = 1 / ((1 - smooth) / rope.factor + smooth)
    factors = np.where(wavelength < rope.original_context / high, 1.0, between)
    factors = np.where(wavelength > rope.original_context / low, rope.factor, factors)
    return factors.astype(np.float32)


def rope_tensors(rope: Rope) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield name and values of the tensors by which llama.cpp divides frequencies."""
    if rope.kind == "llama3":
        yield "rope_freqs.weight", tuple(map(float, llama3_factors(rope)))
    if rope.kind == "longrope":
        yield "rope_factors_long.weight", rope.long_factors
        yield "rope_factors_short.weight", rope.short_factors
