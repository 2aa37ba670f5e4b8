"""An independent decoder in numpy: what the merged model computes before any quantisation.

It reads the source tensors and rotates as the source does, so a fault in names, row order,
rotary constants or the adapter shows as a difference from llama.cpp. One layer is in memory at
a time. What a layer holds decides what it computes: norms behind its parts, fused projections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from convert.arch.spec import RowOrder
from convert.hyperparameters import Hyperparameters
from convert.merge import MergedTensor, RowMerger
from convert.reference_attention import attend, capped, linear, rms_norm
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
            hidden = model.after(layer, hidden)
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
        rows = np.concatenate([merger.rows(id_, id_ + 1) for id_ in prompt])  # (T, H)
        return rows * np.float32(self._parameters.embedding_scale)

    def after(self, layer: int, hidden: Sequence[Float32]) -> list[Float32]:
        """Return the states behind a layer, whose weights are gone when the next is read."""
        prefix = f"blk.{layer}."
        weights = {
            name.removeprefix(prefix): self._read(name)
            for name in self._named
            if name.startswith(prefix)
        }
        return [_block(self._parameters, weights, states, layer) for states in hidden]

    def logits(self, hidden: Sequence[Float32]) -> list[Float32]:
        epsilon = self._parameters.norm_epsilon
        weight = self._read("output_norm.weight")
        normed = [rms_norm(states, weight, epsilon) for states in hidden]
        head = self._named.get("output.weight", self._named["token_embd.weight"])
        merger = RowMerger(self._reader, head)
        parts = [
            [states @ rows.T for states in normed]
            for rows in (merger.rows(first, last) for first, last in slabs(head))
        ]
        cap = self._parameters.logit_cap
        return [
            capped(np.concatenate(columns, axis=1), cap) for columns in zip(*parts, strict=True)
        ]


def _block(
    parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32, layer: int
) -> Float32:
    def normed(name: str, values: Float32) -> Float32:
        weight = weights.get(f"{name}.weight")
        return values if weight is None else rms_norm(values, weight, parameters.norm_epsilon)

    attended = attend(parameters, weights, normed("attn_norm", states), layer)
    states = states + normed("post_attention_norm", attended)
    fed = _feed_forward(parameters, weights, normed("ffn_norm", states))
    return states + normed("post_ffw_norm", fed)


def _feed_forward(
    parameters: Hyperparameters, weights: Mapping[str, Float32], states: Float32
) -> Float32:
    up = linear(weights, "ffn_up", states)
    if "ffn_gate.weight" in weights:
        gate = linear(weights, "ffn_gate", states)
    else:
        gate, up = np.split(up, 2, axis=1)
    activate = {"silu": _silu, "gelu": _gelu}[parameters.activation]
    return linear(weights, "ffn_down", activate(gate) * up)


def _silu(values: Float32) -> Float32:
    result: Float32 = values / (1 + np.exp(-values))
    return result


def _gelu(values: Float32) -> Float32:
    """Return the tanh form of GELU (Hendrycks and Gimpel 2016, arXiv 1606.08415)."""
    inner = np.float32(np.sqrt(2 / np.pi)) * (values + np.float32(0.044715) * values**3)
    result: Float32 = np.float32(0.5) * values * (1 + np.tanh(inner))
    return result
