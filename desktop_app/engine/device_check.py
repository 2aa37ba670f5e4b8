"""Whether a device computes: a small model decodes a few tokens there and on the processor.

What a driver says of itself is not believed: only what it computes. It runs in a child of its own,
since a driver may take its process with it; that, and silence, are answers too.
"""

from __future__ import annotations

import ctypes
from typing import Final

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine.backends import load_backends
from desktop_app.engine.llama import Llama
from desktop_app.engine.placement import ALL_LAYERS, ON_PROCESSOR, Placement

TOKENS: Final = 8
"""The prompt of the test; one more is decoded by itself, as a reply's tokens are."""
N_CTX: Final = 64


def error_of(path: str, device: str) -> float:
    """Return the normalised mean square error of a device's logits; NaN where they are none.

    Args:
        path: a small model.
        device: ggml's name of it.

    Raises:
        EngineError: the device does not take the model.
    """
    load_backends()
    here = _logits(path, ON_PROCESSOR)
    there = _logits(path, Placement(device=device, layers=ALL_LAYERS))
    return _nmse(there, here)


def _logits(path: str, placement: Placement) -> list[float]:
    """Return the logits after the prompt and after one token more."""
    llama = Llama(path, n_ctx=N_CTX, threads=1, placement=placement)
    size = int(C.llama_vocab_n_tokens(llama.vocabulary.handle))
    ids = [1 + number % (size - 1) for number in range(TOKENS + 1)]
    logits: list[float] = []
    for tokens in (ids[:TOKENS], ids[TOKENS:]):
        if llama.decode(tokens) != 0:
            return []
        last = C.llama_get_logits_ith(llama.context, -1)
        logits += ctypes.cast(last, ctypes.POINTER(ctypes.c_float * size)).contents
    return logits


def _nmse(found: list[float], expected: list[float]) -> float:
    if len(found) != len(expected):
        return float("nan")
    square = sum(each * each for each in expected)
    return sum((a - b) ** 2 for a, b in zip(found, expected, strict=True)) / square
