"""Where a model computes and what its KV cache is: what a load asks llama.cpp for, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from resources.messages import sentence

BATCH: Final = 512
"""Tokens per llama_decode call and per physical batch; llama.cpp's own default."""
ALL_LAYERS: Final = 9999
"""llama.cpp takes more layers than a model has as all of them."""
MOST_SCORES: Final = 256 * 2**20
"""Bytes that a batch's attention scores may take where nothing is known of the memory."""
CacheType = Literal["f16", "q8_0"]
"""ggml's name of the type that keys and values are kept in."""
CACHE_TYPES: Final[tuple[CacheType, ...]] = ("f16", "q8_0")
"""The larger one first."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One way of loading a model."""

    n_ctx: int | None = None
    """Tokens of context; None is what the model was trained for."""
    device: str | None = None
    """ggml's name of the device, such as CUDA0, Vulkan0 or MTL0; None is the processor."""
    layers: int = 0
    """How many layers the device holds, from the last down. The output counts as one."""
    cache: CacheType = "f16"
    scores: int = MOST_SCORES
    """Bytes that a batch's attention scores may take on the processor."""

    def asks_as_much_as(self, other: Placement) -> bool:
        """Tell whether this needs no less memory than `other` at any place."""
        return (
            self.device == other.device
            and self.layers >= other.layers
            and CACHE_TYPES.index(self.cache) <= CACHE_TYPES.index(other.cache)
            and self.scores >= other.scores
            and (self.n_ctx is None or (other.n_ctx is not None and self.n_ctx >= other.n_ctx))
        )


ON_PROCESSOR: Final = Placement()


def keeps_scores(placement: Placement, heads: int, n_ctx: int) -> bool:
    """Tell whether all scores of attention are kept at once, in place of flash attention.

    On a processor that is the faster way at f16. In processor time of one thread (AVX2), with heads
    of 64 and of 128 behind 1,500 to 1,900 tokens, flash attention writes at 0.66 to 0.68 of its
    speed and reads a prompt at 0.87 to 0.96, and its logits are off by an NMSE of 1e-4 to 1e-3: it
    adds up in 16 bits, so a token comes out otherwise when it is evaluated with others.
    But scores take memory, which grows with the context: the placement says how much. A q8_0 cache
    needs flash attention: it writes at 0.65 and reads at 0.37 to 0.57 (NMSE 1e-5 to 1e-4), so it is
    for where memory is short. On a device llama.cpp finds out whether there is flash attention.
    """
    small = scores_bytes(heads, n_ctx) <= placement.scores
    return placement.device is None and placement.cache == "f16" and small


def scores_bytes(heads: int, n_ctx: int) -> int:
    """Return how many bytes the scores of a batch take: a float for each head and position."""
    return 4 * heads * n_ctx * BATCH


@dataclass(frozen=True, slots=True)
class Why:
    """Where a model computes, as a sentence in whatever language is spoken then."""

    key: str
    values: dict[str, Any]

    @property
    def lowered(self) -> bool:
        """Tell whether something kept the model from the best place there is."""
        return self.key not in {"placement.device", "placement.processor"}

    def sentence(self) -> str:
        """Return the one sentence."""
        return sentence(self.key, **self.values)
