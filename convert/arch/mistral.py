"""Mistral 7B: Llama's graph.

Version 0.1 sees 4,096 tokens back, which that graph cannot say, so its context ends there;
later versions see everything.
"""

from __future__ import annotations

from typing import Final

from convert.arch import llama
from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Family

FAMILY: Final = Family(
    name="llama",
    architectures=("MistralForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    layer_tensors=llama.LAYER,
    config_defaults={"sliding_window": 4096},
)
