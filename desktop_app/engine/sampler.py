"""llama.cpp's sampler chain for one reply."""

from __future__ import annotations

import ctypes
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine.llama import Llama
from desktop_app.engine.sampling import Sampling

DRY_BREAKERS: Final = (b"\n",)
"""DRY counts no sequence across line ends. Sentence ends do not break one: a small model that
falls into a loop repeats short sentences, full stop and all.

How a reply's end is written breaks one too: llama.cpp never penalises a token that is a breaker by
itself. After closing words that were said before, the end would cost more than any logit."""


@contextmanager
def sampler_chain(llama: Llama, sampling: Sampling, prompt: list[int]) -> Iterator[Any]:
    """Build the chain and free it afterwards.

    DRY reads the transcript, so that a reply does not copy an earlier one. The plain penalties
    read the reply alone: in a transcript they would punish the end-of-turn mark and every comma.
    """
    chain = C.llama_sampler_chain_init(C.llama_sampler_chain_default_params())

    def add(link: Any) -> None:
        C.llama_sampler_chain_add(chain, link)

    try:
        if sampling.repeat_penalty != 1.0:
            n_vocab = C.llama_vocab_n_tokens(llama.vocabulary.handle)
            add(
                C.llama_sampler_init_penalties(
                    n_vocab, sampling.repeat_last_n, sampling.repeat_penalty, 0.0, 0.0
                )
            )
        if sampling.dry_multiplier > 0.0:
            add(_dry(llama, sampling, prompt))
        if sampling.temperature <= 0.0:
            add(C.llama_sampler_init_greedy())
        else:
            if sampling.top_k > 0:
                add(C.llama_sampler_init_top_k(sampling.top_k))
            if sampling.top_p < 1.0:
                add(C.llama_sampler_init_top_p(sampling.top_p, 1))
            if sampling.min_p > 0.0:
                add(C.llama_sampler_init_min_p(sampling.min_p, 1))
            add(C.llama_sampler_init_temp(sampling.temperature))
            seed = secrets.randbits(32) if sampling.seed is None else sampling.seed
            add(C.llama_sampler_init_dist(seed & 0xFFFFFFFF))
        yield chain
    finally:
        C.llama_sampler_free(chain)


def sample(chain: Any, llama: Llama) -> int:
    """Draw the next token from the logits of the last evaluated one; the chain accepts it."""
    return int(C.llama_sampler_sample(chain, llama.context, -1))


def _dry(llama: Llama, sampling: Sampling, prompt: list[int]) -> Any:
    values = (sampling.dry_multiplier, sampling.dry_base, sampling.dry_allowed_length)
    link = C.llama_sampler_clone(_dry_before_a_prompt(llama, *values))
    for token in prompt:
        C.llama_sampler_accept(link, token)
    return link


@lru_cache(maxsize=4)
def _dry_before_a_prompt(llama: Llama, multiplier: float, base: float, allowed: int) -> Any:
    """Return a link to make copies of.

    For each breaker llama.cpp goes through the whole vocabulary, which for some of 150,000 tokens
    takes 50 ms to 200 ms; a copy takes none of that.
    """
    texts = (*DRY_BREAKERS, *llama.end_texts)
    breakers = (ctypes.c_char_p * len(texts))(*texts)
    return C.llama_sampler_init_dry(
        llama.vocabulary.handle, multiplier, base, allowed, llama.n_ctx, breakers, len(texts)
    )
