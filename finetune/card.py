"""`run.json`: what a training was made of, so that no later stage retypes anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from finetune.corpus.dialogue import Dialogue
from finetune.files import replaced
from finetune.recipe import Recipe


def corpus_hash(dialogues: Sequence[Dialogue]) -> str:
    """Return a SHA-256 over ids and texts, in order."""
    digest = hashlib.sha256()
    for dialogue in dialogues:
        digest.update(json.dumps([dialogue.id, *map(asdict, dialogue.messages)]).encode())
    return digest.hexdigest()


def base_identity(recipe: Recipe, dialogues: Sequence[Dialogue]) -> str:
    """Return the hash that names a base: same shape, schedule and corpus, same run."""
    decides = (recipe.name, recipe.seed, asdict(recipe.shape), asdict(recipe.pretrain))
    return _hash([decides, corpus_hash(dialogues)])


def adapter_identity(recipe: Recipe, dialogues: Sequence[Dialogue]) -> str:
    """Return the hash that names an adapter; another base is another adapter."""
    decides = (asdict(recipe.train), asdict(recipe.adapter), base_identity(recipe, dialogues))
    return _hash(decides)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_run(folder: Path) -> dict[str, Any]:
    """Return the `run.json` of a finished stage, or nothing."""
    try:
        card = json.loads((folder / "run.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def refresh_sampling(folder: Path, recipe: Recipe) -> None:
    """Bring the sampling values of a finished run up to the recipe: they need no new training."""
    card = read_run(folder) | {"sampling": recipe.sampling}
    with replaced(folder / "run.json") as file:
        file.write(json.dumps(card, ensure_ascii=False, indent=1).encode())


def run_card(
    recipe: Recipe,
    train: Sequence[Dialogue],
    held_out: Sequence[Dialogue],
    tokenizer: PreTrainedTokenizerFast,
    metrics: dict[str, Any],
    identity: str,
) -> dict[str, Any]:
    """Return the content of `run.json`."""
    licences = sorted({d.licence for d in train})
    return {
        "format": 1,
        "name": recipe.name,
        "identity": identity,
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
