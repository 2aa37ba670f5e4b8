"""A small Qwen2 base from scratch: tokenizer, packed rows, next-token training.

Output folder: a Hugging Face `Qwen2ForCausalLM` with tied embeddings and its tokenizer, plus
`run.json`. Everything is decided by the recipe and the corpus, and their hash names the run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from accelerate import PartialState
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from finetune.attention import PACKED
from finetune.card import base_identity, run_card
from finetune.checkpoint import Checkpoint
from finetune.corpus.dialogue import Dialogue
from finetune.errors import RecipeError
from finetune.files import filled, replaced
from finetune.loop import fit, log_to
from finetune.pack import Packed, pack
from finetune.recipe import Recipe, Schedule, Shape
from finetune.template import Template, with_control_lines
from finetune.tokenizer import END_OF_TEXT, TURN_END, train_tokenizer


def pretrain(
    recipe: Recipe, train: Sequence[Dialogue], held_out: Sequence[Dialogue], out: Path
) -> Path:
    """Train the base of `recipe` and save it to `out`; return `out`.

    Raises:
        RecipeError: the corpus is too small for the vocabulary.
        TrainingError: no space, a foreign checkpoint in `out`, a diverged loss.
    """
    torch.manual_seed(recipe.seed)
    tokenizer = train_tokenizer(train, recipe.shape.vocabulary)
    rows = packed_rows(tokenizer, train, recipe, recipe.pretrain)
    held_out_rows = packed_rows(tokenizer, held_out, recipe, recipe.pretrain)
    model = Qwen2ForCausalLM(architecture(recipe.shape, tokenizer))
    model.set_attn_implementation(PACKED)
    identity = base_identity(recipe, train)
    checkpoint = Checkpoint(out, identity)
    log = log_to(out / "training.jsonl")
    fitted = fit(model, rows, held_out_rows, recipe.pretrain, checkpoint, log)
    if not PartialState().is_main_process:
        return out
    with filled(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    card = run_card(recipe, train, held_out, tokenizer, asdict(fitted), identity)
    with replaced(out / "run.json") as file:
        file.write(json.dumps(card, ensure_ascii=False, indent=1).encode())
    checkpoint.done()
    return out


def packed_rows(
    tokenizer: PreTrainedTokenizerFast,
    dialogues: Sequence[Dialogue],
    recipe: Recipe,
    schedule: Schedule,
    seed: int | None = None,
) -> Packed:
    """Render dialogues with control lines and pack them into rows, shuffled by `seed`."""
    template = Template(tokenizer)
    limit = min(schedule.row_tokens, recipe.shape.context)
    examples = [template.render(with_control_lines(d), limit) for d in dialogues]
    pad = tokenizer.convert_tokens_to_ids(END_OF_TEXT)
    kept = [e for e in examples if e.ids]
    if not kept:
        raise RecipeError("recipe.no_rows")
    shuffle = recipe.seed if seed is None else seed
    return pack(kept, schedule.row_tokens, recipe.shape.context, pad, shuffle)


def architecture(shape: Shape, tokenizer: PreTrainedTokenizerFast) -> Qwen2Config:
    """Return the transformers configuration of a recipe's shape."""
    end, stop = tokenizer.convert_tokens_to_ids([END_OF_TEXT, TURN_END])
    return Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.ffn,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        use_sliding_window=False,
        bos_token_id=None,
        eos_token_id=stop,
        pad_token_id=end,
    )
