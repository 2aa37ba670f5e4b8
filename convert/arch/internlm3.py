"""InternLM3: Llama's graph under another class name.

Its biases are off in every checkpoint; llama.cpp has no place for one behind the MLP.
"""

from __future__ import annotations

from typing import Final

from convert.arch import llama
from convert.arch.spec import EMBEDDING, FINAL_NORM, HEAD, Family

FAMILY: Final = Family(
    name="llama",
    architectures=("InternLM3ForCausalLM",),
    global_tensors=(EMBEDDING, FINAL_NORM),
    head=HEAD,
    layer_tensors=llama.LAYER,
)
