"""Bare llama.cpp in a process of its own: what the engine is measured against.

Started as `python -m desktop_app.engine.raw` by the bench. A line in: `{"prompt", "reply"}`, token
counts; a line out: `{"prefill_tokens_per_s", "tokens_per_s"}`. The first line in names the model
and where it computes, and is answered when it is loaded.
No template, no pipe per token, no cancel: a `llama_decode` loop with a greedy pick.
"""

from __future__ import annotations

import os
import sys
import time

import llama_cpp.llama_cpp as C  # noqa: N812 - the C interface, read as such

from desktop_app.engine import wire
from desktop_app.engine.llama import Llama
from desktop_app.engine.placement import BATCH, Placement
from desktop_app.engine.precautions import take_precautions


def main() -> None:
    """Load, then measure once for every line until stdin ends."""
    take_precautions()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lines = iter(sys.stdin.buffer)
    first = wire.decode(next(lines))
    llama = Llama(
        first["path"],
        n_ctx=first["n_ctx"],
        threads=first["threads"],
        placement=Placement(**first["placement"]),
    )
    out.write(wire.encode({"event": "loaded"}))
    out.flush()
    for line in lines:
        wanted = wire.decode(line)
        out.write(wire.encode(measure(llama, wanted["prompt"], wanted["reply"])))
        out.flush()


def measure(llama: Llama, prompt: int, reply: int) -> wire.Message:
    """Evaluate `prompt` tokens from an empty cache, then pick and evaluate `reply` tokens."""
    llama.clear()
    sampler = C.llama_sampler_init_greedy()
    vocabulary = llama.vocabulary
    ids = (vocabulary.encode("a b c d e f g h ", special=False) * prompt)[:prompt]
    began = time.perf_counter()
    for start in range(0, prompt, BATCH):
        llama.decode(ids[start : start + BATCH])
    token = C.llama_sampler_sample(sampler, llama.context, -1)
    read = time.perf_counter()
    for _ in range(reply - 1):
        llama.decode([token])
        token = C.llama_sampler_sample(sampler, llama.context, -1)
    done = time.perf_counter()
    C.llama_sampler_free(sampler)
    return {
        "prefill_tokens_per_s": prompt / (read - began),
        "tokens_per_s": (reply - 1) / (done - read) if reply > 1 else 0.0,
    }


if __name__ == "__main__":
    main()
