"""How much memory a load will take, told before it is tried from what the GGUF header says.

Weights and KV cache are exact. The compute buffer is a bound fitted to what llama.cpp 0.5 reserves
(`sched_reserve: … compute buffer size`) for physical batches of BATCH tokens; a test holds it
against llama.cpp's own account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from desktop_app.engine.placement import (
    BATCH,
    CacheType,
    Placement,
    keeps_scores,
    scores_bytes,
)

Number = int | Sequence[int]
"""A value of the header; for a few keys one for each layer."""
CACHE_BYTES: Final[Mapping[CacheType, float]] = {"f16": 2.0, "q8_0": 34 / 32}
"""Bytes of an element: q8_0 keeps blocks of 32 with a scale of two bytes."""
PADDED: Final = 256
"""llama.cpp rounds a cache's length up to a multiple of this."""
SLACK: Final = 1.25
"""The compute buffer's bound over the sum it is fitted with: alignment, and what others reserve."""
MOST_LAYERS: Final = 1024
"""llama.cpp takes 512. A header is a stranger's: what it says is made as many entries here."""
MOST: Final = 2**32 - 1
"""llama.cpp reads a header's numbers as 32 bits without a sign."""
PROCESS_BYTES: Final = 64 * 2**20
"""The child itself: Python, the libraries, llama.cpp's tables."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What decides a model's memory."""

    layers: tuple[int, ...]
    """Bytes of each layer's weights."""
    input: int
    """Bytes of the token embeddings, which the processor keeps."""
    output: int
    """Bytes of the output layer; of the embeddings once more where it shares them."""
    context: int
    """Tokens the model was trained for."""
    cache_elements: tuple[int, ...]
    """Elements that one token takes in each layer's cache: keys and values."""
    heads: int
    """Of attention, in the layer that has most."""
    row: int
    """Floats a token takes at once while it is computed."""
    small_caches: bool
    """Whether its heads can be cut into q8_0's blocks of 32."""

    @property
    def weights(self) -> int:
        """Bytes of all weights."""
        return sum(self.layers) + self.input + self.output


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes a load takes on the device and in the processor's memory."""

    device: int
    host: int
    mapped: int
    """How much of `host` are weights: pages of the file, which can be dropped and read again."""


def shape_of(numbers: Mapping[str, Number], sizes: Mapping[str, int]) -> ModelShape | None:
    """Return the shape of a model; None where its header does not say it, or nothing possible.

    Args:
        numbers: whole numbers of the header by key, without the architecture's prefix.
        sizes: bytes of each tensor by name.
    """
    try:
        return _shape(numbers, sizes)
    except (LookupError, TypeError, ArithmeticError, ValueError):
        return None


def _shape(numbers: Mapping[str, Number], sizes: Mapping[str, int]) -> ModelShape:
    count, width = _whole(numbers, "block_count"), _whole(numbers, "embedding_length")
    if not 1 <= count <= MOST_LAYERS:
        raise ValueError("block_count")
    heads = _each(numbers["attention.head_count"], count)
    kv_heads = _each(numbers.get("attention.head_count_kv", heads), count)
    of_a_head = width // max(heads)
    keys = _whole(numbers, "attention.key_length", of_a_head)
    values = _whole(numbers, "attention.value_length", of_a_head)
    layers = [0] * count
    rest = dict(sizes)
    for name, size in sizes.items():
        if found := re.match(r"blk\.(\d+)\.", name):
            layers[int(found[1])] += size
            del rest[name]
    embeddings = rest.pop("token_embd.weight")
    output = sum(rest.values())
    if "output.weight" not in rest:
        output += embeddings
    inner = max(_each(numbers.get("feed_forward_length", 0), count))
    experts = _whole(numbers, "expert_used_count", 0)
    inner = max(inner, experts * _whole(numbers, "expert_feed_forward_length", inner))
    attention = max(width, max(heads) * keys)
    return ModelShape(
        layers=tuple(layers),
        input=embeddings,
        output=output,
        context=_whole(numbers, "context_length"),
        cache_elements=tuple(each * (keys + values) for each in kv_heads),
        heads=max(heads),
        row=max(_whole(numbers, "vocabulary"), 2 * inner + 8 * attention),
        small_caches=keys % 32 == 0 and values % 32 == 0,
    )


def need(shape: ModelShape, placement: Placement) -> Need:
    """Return what a load at `placement` takes."""
    n_ctx = min(placement.n_ctx or shape.context, shape.context)
    length = -(-n_ctx // PADDED) * PADDED
    per_element = CACHE_BYTES[placement.cache]
    caches = [int(length * each * per_element) for each in shape.cache_elements]
    computing = int(SLACK * BATCH * (2 * length + 4 * shape.row))
    if keeps_scores(placement, shape.heads, n_ctx):
        computing += scores_bytes(shape.heads, length)
    if placement.device is None:
        weights = shape.weights
        return Need(0, weights + sum(caches) + computing + PROCESS_BYTES, weights)
    first = max(0, len(shape.layers) + 1 - placement.layers)
    device = sum(shape.layers[first:]) + sum(caches[first:]) + computing
    device += shape.output if placement.layers else 0
    mapped = shape.input + sum(shape.layers[:first]) + (0 if placement.layers else shape.output)
    host = mapped + sum(caches[:first]) + computing + PROCESS_BYTES
    return Need(device, host, mapped)


def most_layers(shape: ModelShape, placement: Placement, room: int) -> int:
    """Return how many layers of `placement` fit into `room` bytes of its device; 0 for none."""
    for layers in range(len(shape.layers) + 1, 0, -1):
        if need(shape, replace(placement, layers=layers)).device <= room:
            return layers
    return 0


def _whole(numbers: Mapping[str, Number], key: str, default: int | None = None) -> int:
    value = numbers[key] if default is None else numbers.get(key, default)
    if not isinstance(value, int):
        raise TypeError(key)
    return _possible(value)


def _each(value: Number, count: int) -> tuple[int, ...]:
    """Return one number for each layer."""
    each = (value,) * count if isinstance(value, int) else tuple(value)
    if len(each) != count:
        raise ValueError("not one for each layer")
    return tuple(map(_possible, each))


def _possible(value: int) -> int:
    if not 0 <= value <= MOST:
        raise ValueError(value)
    return value
