"""Attention of the reference decoder, in numpy: every kind the supported families have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from convert.hyperparameters import Hyperparameters, Rope
from convert.rope import inverse_frequencies, scaled_frequencies
from convert.sources import Float32


def attend(
    parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32, layer: int
) -> Float32:
    """Return what one layer's attention adds to `states`, both (tokens, hidden)."""
    rules, count = parameters.attention, len(states)
    local = rules.window is not None and rules.windowed[layer]
    query, key, value = _projected(parameters, weights, states)  # (heads, T, d) each
    if not rules.alibi:
        query, key = (_rotate(parameters.rope, one, local=local) for one in (query, key))
    group = parameters.heads // parameters.kv_heads
    key, value = np.repeat(key, group, axis=0), np.repeat(value, group, axis=0)
    scores = query @ key.swapaxes(1, 2) * np.float32(rules.scale)  # (heads, T, T)
    scores = capped(scores, rules.cap)
    distance = np.subtract.outer(np.arange(count), np.arange(count))  # (T, T), query - key
    if rules.alibi:
        scores -= _alibi_slopes(parameters.heads)[:, None, None] * distance.astype(np.float32)
    hidden = distance < 0
    if local and rules.window is not None:
        hidden |= distance >= rules.window
    scores[:, hidden] = -np.inf
    mixed = _softmax(scores) @ value  # (heads, T, d)
    return linear(weights, "attn_output", mixed.swapaxes(0, 1).reshape(count, -1))


def linear(weights: Mapping[str, Float32], name: str, states: Float32) -> Float32:
    """Return a projection with its bias where there is one, (tokens, rows)."""
    result: Float32 = states @ weights[f"{name}.weight"].T
    return result + weights[f"{name}.bias"] if f"{name}.bias" in weights else result


def rms_norm(states: Float32, weight: Float32, epsilon: float) -> Float32:
    """Return states over their root mean square along the last axis, times `weight`."""
    mean = np.mean(states * states, axis=-1, keepdims=True)
    normed: Float32 = states / np.sqrt(mean + np.float32(epsilon)) * weight
    return normed


def capped(values: Float32, cap: float | None) -> Float32:
    """Return values bounded by cap · tanh(x / cap)."""
    if cap is None:
        return values
    bounded: Float32 = np.tanh(values / np.float32(cap)) * np.float32(cap)
    return bounded


def _projected(
    parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32
) -> tuple[Float32, Float32, Float32]:
    size, queries = parameters.head_size, parameters.heads * parameters.head_size
    keys = parameters.kv_heads * size
    if "attn_qkv.weight" in weights:
        fused = linear(weights, "attn_qkv", states)
        parts = np.split(fused, [queries, queries + keys], axis=1)
    else:
        parts = [linear(weights, name, states) for name in ("attn_q", "attn_k", "attn_v")]
    query, key, value = (part.reshape(len(states), -1, size).swapaxes(0, 1) for part in parts)
    if "attn_q_norm.weight" in weights:
        query = rms_norm(query, weights["attn_q_norm.weight"], parameters.norm_epsilon)
        key = rms_norm(key, weights["attn_k_norm.weight"], parameters.norm_epsilon)
    return query, key, value


def _rotate(rope: Rope, heads: Float32, *, local: bool) -> Float32:
    """Rotate pairs of the first `rope.size` values by position · frequency, (heads, T, d)."""
    count, half = heads.shape[1], rope.size // 2
    if local and rope.local_theta is not None:
        frequencies = inverse_frequencies(rope, rope.local_theta)
    else:
        frequencies = scaled_frequencies(rope, count)
    angles = np.outer(np.arange(count, dtype=np.float32), frequencies)  # (T, size/2)
    strength = np.float32(rope.attention_factor if rope.kind == "longrope" else 1)
    cosine, sine = np.cos(angles) * strength, np.sin(angles) * strength
    rotated = heads.copy()
    first, second = (
        (np.s_[..., 0 : rope.size : 2], np.s_[..., 1 : rope.size : 2])
        if rope.neighbours
        else (np.s_[..., :half], np.s_[..., half : rope.size])
    )
    rotated[first] = heads[first] * cosine - heads[second] * sine
    rotated[second] = heads[second] * cosine + heads[first] * sine
    return rotated


def _alibi_slopes(heads: int) -> Float32:
    """Return the slope of each head (Press et al. 2022, arXiv 2108.12409)."""
    power = 1 << (heads.bit_length() - 1)
    slopes = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    slopes += [2 ** (-4 * (2 * head + 1) / power) for head in range(heads - power)]
    return np.array(slopes, np.float32)


def _softmax(scores: Float32) -> Float32:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Float32 = powers / powers.sum(axis=-1, keepdims=True)
    return result
