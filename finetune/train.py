"""The LoRA: peft's adapter on a base, one pass per dialogue, loss on every counsellor turn.

The SoulChat paper fine-tunes all parameters; LoRA is this project's own road (MeChat and EmoLLM
are its precedents). Works on any base whose tokenizer speaks ChatML, ours or a downloaded one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from accelerate import PartialState
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from finetune.attention import PACKED
from finetune.card import adapter_identity, read_run, run_card
from finetune.checkpoint import Checkpoint
from finetune.corpus.dialogue import Dialogue
from finetune.errors import TrainingError
from finetune.files import filled, replaced, sha256
from finetune.loop import fit, log_to
from finetune.pretrain import packed_rows
from finetune.recipe import Recipe
from finetune.tokenizer import load_tokenizer


def train(
    recipe: Recipe,
    base: Path,
    dialogues: Sequence[Dialogue],
    held_out: Sequence[Dialogue],
    out: Path,
) -> Path:
    """Train an adapter for the base folder `base` and save it to `out`; return `out`.

    Raises:
        TrainingError: `base` is no model folder, no space, a foreign checkpoint, diverged loss.
    """
    torch.manual_seed(recipe.seed)
    try:
        tokenizer = load_tokenizer(base)
        model = AutoModelForCausalLM.from_pretrained(base, attn_implementation=PACKED)
    except (OSError, ValueError) as error:
        raise TrainingError("training.no_base", path=base) from error
    parameters = model.num_parameters()
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.adapter.rank,
        lora_alpha=recipe.adapter.alpha,
        lora_dropout=recipe.adapter.dropout,
        target_modules=list(recipe.adapter.targets),
    )
    model = get_peft_model(model, config)
    # peft writes the path it loaded from; the name alone means something elsewhere.
    model.peft_config["default"].base_model_name_or_path = base.name
    rows = packed_rows(tokenizer, dialogues, recipe, recipe.train, seed=recipe.seed + 100)
    held_out_rows = packed_rows(tokenizer, held_out, recipe, recipe.train)
    identity = adapter_identity(recipe, dialogues)
    checkpoint = Checkpoint(out, identity)
    log = log_to(out / "training.jsonl")
    fitted = fit(model, rows, held_out_rows, recipe.train, checkpoint, log)
    if not PartialState().is_main_process:
        return out
    with filled(out) as folder:
        # "auto" would ask the hub whether the base's vocabulary was resized.
        model.save_pretrained(folder, save_embedding_layers=False)
    card = run_card(recipe, dialogues, held_out, tokenizer, asdict(fitted), identity)
    card["base"] = {
        "name": base.name,
        "parameters": parameters,
        "sha256": sha256(*sorted(base.glob("*.safetensors"))),
    }
    card["base"]["metrics"] = read_run(base).get("metrics")
    with replaced(out / "run.json") as file:
        file.write(json.dumps(card, ensure_ascii=False, indent=1).encode())
    checkpoint.done()
    return out
