"""`run.json`: what a training was made of, so that no later stage retypes anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from transformers import PreTrainedTokenizerFast

from finetune.corpus.dialogue import Dialogue
from finetune.recipe import Recipe


def corpus_hash(dialogues: Sequence[Dialogue]) -> str:
    """Return a SHA-256 over ids and texts, in order."""
    digest = hashlib.sha256()
    for dialogue in dialogues:
        digest.update(json.dumps([dialogue.id, *map(asdict, dialogue.messages)]).encode())
    return digest.hexdigest()


def run_identity(recipe: Recipe, dialogues: Sequence[Dialogue]) -> str:
    """Return the hash that names a run: same recipe, same corpus, same run."""
    recipe_text = json.dumps(asdict(recipe), sort_keys=True)
    return hashlib.sha256((recipe_text + corpus_hash(dialogues)).encode()).hexdigest()


def run_card(
    recipe: Recipe,
    train: Sequence[Dialogue],
    held_out: Sequence[Dialogue],
    tokenizer: PreTrainedTokenizerFast,
    metrics: dict[str, Any],
    stage: str,
) -> dict[str, Any]:
    """Return the content of `run.json`."""
    licences = sorted({d.licence for d in train})
    return {
        "format": 1,
        "name": recipe.name,
        "stage": stage,
        "languages": ["zh"],
        "licence": " AND ".join(licences),
        "sources": sorted({d.source for d in train}),
        "system": None,
        "sampling": recipe.sampling,
        "recipe": asdict(recipe),
        "dialogues": len(train),
        "held_out_dialogues": len(held_out),
        "corpus_sha256": corpus_hash(train),
        "split_sha256": corpus_hash(held_out),
        "template_sha256": hashlib.sha256(str(tokenizer.chat_template).encode()).hexdigest(),
        "versions": {p: version(p) for p in ("torch", "transformers", "peft", "tokenizers")},
        "metrics": metrics,
    }
