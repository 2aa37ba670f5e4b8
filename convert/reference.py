"""An independent decoder in numpy: what the merged model computes before any quantisation.

It reads the source tensors and rotates as transformers does, so a fault in names, row order,
rotary constants or the adapter shows as a difference from llama.cpp. One layer is in memory at
a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from convert.arch.spec import RowOrder
from convert.hyperparameters import Hyperparameters
from convert.merge import MergedTensor, RowMerger
from convert.rope import inverse_frequencies, llama3_factors
from convert.sources import Float32, TensorReader
from convert.stream import slabs


def reference_logits(
    parameters: Hyperparameters, tensors: Sequence[MergedTensor], prompts: Sequence[Sequence[int]]
) -> list[Float32]:
    """Return the logits of every position of every prompt, each (tokens, vocabulary)."""
    named = {tensor.name: replace(tensor, order=RowOrder.AS_IS) for tensor in tensors}
    with TensorReader() as reader:
        model = _Model(parameters, named, reader)
        hidden = [model.embedded(prompt) for prompt in prompts]
        for layer in range(parameters.layers):
            weights = model.layer(layer)
            hidden = [_block(parameters, weights, states) for states in hidden]
        return model.logits(hidden)


class _Model:
    """The merged tensors by name, read when asked for."""

    def __init__(
        self, parameters: Hyperparameters, named: Mapping[str, MergedTensor], reader: TensorReader
    ) -> None:
        self._parameters = parameters
        self._named = named
        self._reader = reader

    def _read(self, name: str) -> Float32:
        return RowMerger(self._reader, self._named[name]).all()

    def embedded(self, prompt: Sequence[int]) -> Float32:
        merger = RowMerger(self._reader, self._named["token_embd.weight"])
        return np.concatenate([merger.rows(id_, id_ + 1) for id_ in prompt])  # (T, H)

    def layer(self, number: int) -> dict[str, Float32]:
        prefix = f"blk.{number}."
        return {
            name.removeprefix(prefix): self._read(name)
            for name in self._named
            if name.startswith(prefix)
        }

    def logits(self, hidden: Sequence[Float32]) -> list[Float32]:
        epsilon = self._parameters.norm_epsilon
        weight = self._read("output_norm.weight")
        normed = [_rms_norm(states, weight, epsilon) for states in hidden]
        head = self._named.get("output.weight", self._named["token_embd.weight"])
        merger = RowMerger(self._reader, head)
        parts = [
            [states @ rows.T for states in normed]
            for rows in (merger.rows(first, last) for first, last in slabs(head))
        ]
        return [np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True)]


def _block(parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32) -> Float32:
    epsilon = parameters.norm_epsilon
    normed = _rms_norm(states, weights["attn_norm.weight"], epsilon)
    states = states + _attention(parameters, weights, normed)
    normed = _rms_norm(states, weights["ffn_norm.weight"], epsilon)
    gate = _linear(weights, "ffn_gate", normed)
    activated = gate / (1 + np.exp(-gate)) * _linear(weights, "ffn_up", normed)  # SwiGLU
    return states + _linear(weights, "ffn_down", activated)


def _attention(
    parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32
) -> Float32:
    count, size = len(states), parameters.head_size
    query, key, value = (
        _linear(weights, name, states).reshape(count, -1, size).swapaxes(0, 1)  # (heads, T, d)
        for name in ("attn_q", "attn_k", "attn_v")
    )
    query, key = _rotate(parameters, query), _rotate(parameters, key)
    group = parameters.heads // parameters.kv_heads
    key, value = np.repeat(key, group, axis=0), np.repeat(value, group, axis=0)
    scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(size))  # (heads, T, T)
    scores[:, np.triu(np.ones((count, count), bool), 1)] = -np.inf
    mixed = _softmax(scores) @ value  # (heads, T, d)
    return _linear(weights, "attn_output", mixed.swapaxes(0, 1).reshape(count, -1))


def _rotate(parameters: Hyperparameters, heads: Float32) -> Float32:
    """Rotate (x_i, x_{i+d/2}) by position · frequency, (heads, T, d)."""
    rope, size = parameters.rope, parameters.head_size
    frequencies = inverse_frequencies(rope, size)
    if rope.kind == "llama3":
        frequencies = frequencies / llama3_factors(rope, size)
    elif rope.kind == "linear":
        frequencies = frequencies / np.float32(rope.factor)
    angles = np.outer(np.arange(heads.shape[1], dtype=np.float32), frequencies)  # (T, d/2)
    cosine, sine = np.cos(angles), np.sin(angles)
    first, second = heads[..., : size // 2], heads[..., size // 2 :]
    rotated: Float32 = np.concatenate(
        [first * cosine - second * sine, second * cosine + first * sine], axis=-1
    )
    return rotated


def _linear(weights: Mapping[str, Float32], name: str, states: Float32) -> Float32:
    result: Float32 = states @ weights[f"{name}.weight"].T
    return result + weights[f"{name}.bias"] if f"{name}.bias" in weights else result


def _rms_norm(states: Float32, weight: Float32, epsilon: float) -> Float32:
    mean = np.mean(states * states, axis=-1, keepdims=True)
    normed: Float32 = states / np.sqrt(mean + np.float32(epsilon)) * weight
    return normed


def _softmax(scores: Float32) -> Float32:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Float32 = powers / powers.sum(axis=-1, keepdims=True)
    return result
