"""A tokenizer of the size real ones have, made on the spot from a small one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Final

from tests.support.tiny_base import read_json

if TYPE_CHECKING:
    from pathlib import Path

QWEN2: Final = 151_643
"""Tokens of Qwen2's vocabulary, its special ones not counted."""
_LONGEST: Final = 8


def write_many_tokens(base: Path, count: int) -> None:
    """Give the tokenizer of `base` so many tokens, each a merge of two others.

    They are about as long as those of Qwen2, and the file is set as the tokenizers library sets
    it, a line for each half of a merge.
    """
    tokenizer = read_json(base / "tokenizer.json")
    vocabulary, merges = tokenizer["model"]["vocab"], tokenizer["model"]["merges"]
    named = {one["content"] for one in tokenizer["added_tokens"]}
    first = [text for text in vocabulary if text not in named]
    texts = list(first)
    free = 1 + max(*vocabulary.values(), *(one["id"] for one in tokenizer["added_tokens"]))
    dice = random.Random(0)
    while free < count:
        left, right = dice.choice(texts), dice.choice(first)
        if left + right not in vocabulary:
            vocabulary[left + right], free = free, free + 1
            merges.append([left, right])
            if len(left + right) < _LONGEST:
                texts.append(left + right)
    text = json.dumps(tokenizer, ensure_ascii=False, indent=2)
    (base / "tokenizer.json").write_text(text, encoding="utf-8")
