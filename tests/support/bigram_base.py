"""A tiny base that has learned something: which token follows which in the probe dialogues.

Its layers pass everything through; embedding and head are a table of next tokens.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.verify import prompts_of, question_of
from tests.support.tiny_base import Shape, random_tensors, write_base, write_safetensors

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(hidden=512, vocabulary=512, layers=1, tied=False, dtype="F32")
WORD, END = 399, 2
"""What a reply says first; the token that ends it."""


def write_bigram_base(folder: Path, *, ends: bool) -> Path:
    """Write a base whose greedy reply is one word and its end, or that word for ever."""
    write_base(folder, SHAPE)
    plan = make_plan(folder, None, folder / "none.gguf", Mixture.F32)
    counts = np.full((SHAPE.vocabulary, SHAPE.vocabulary), 0.01)
    prompts = prompts_of(plan)
    for ids in prompts:
        for (token, follower), seen in Counter(pairwise(ids)).items():
            counts[follower, token] += seen
    counts[WORD, question_of(plan)[-1]] = 10
    counts[END if ends else WORD, WORD] = 100
    tensors = random_tensors(SHAPE)
    for name in tensors:
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            tensors[name] = np.zeros_like(tensors[name])
    tensors["model.norm.weight"] = np.ones(SHAPE.hidden, np.float32)
    tensors["model.embed_tokens.weight"] = np.eye(SHAPE.vocabulary, SHAPE.hidden, dtype=np.float32)
    likely = np.log(counts / counts.sum(axis=0)) / np.sqrt(SHAPE.hidden)  # the norm's own factor
    tensors["lm_head.weight"] = likely.astype(np.float32)
    write_safetensors(folder / "model.safetensors", tensors, SHAPE.dtype)
    return folder
