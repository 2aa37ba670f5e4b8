"""Everything that decides a training run, as data: `recipes/*.toml` into frozen dataclasses."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from finetune.errors import RecipeError


@dataclass(frozen=True, slots=True)
class Shape:
    """The Qwen2 architecture of the base."""

    vocabulary: int
    """Tokens, 256 bytes and 3 marks included."""
    hidden: int
    """Width of the residual stream; a multiple of 256 so that K-quants apply."""
    layers: int
    heads: int
    """Query heads."""
    kv_heads: int
    """Key and value heads (grouped-query attention)."""
    ffn: int
    """Inner width of SwiGLU; a multiple of 256."""
    context: int
    """Longest position the model is trained for."""
    rope_theta: float
    """Base of the rotary frequencies."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How one of the two trainings runs."""

    tokens: int
    """Tokens to train on; the corpus is repeated or cut to fit."""
    row_tokens: int
    """Length of a packed row (T); dialogues longer than it or the context are cut."""
    batch_rows: int
    """Rows in a step, one after another."""
    learning_rate: float
    """Peak, after warm-up; matrices (Muon, RMS-matched) and the rest (AdamW) share it."""
    warmup_steps: int
    decay_share: float
    """Last share of the steps over which the rate falls to 0 (warm-up, stable, decay)."""
    weight_decay: float
    clients: bool
    """Whether the client's words are learned too, beside the counsellor's."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """The LoRA."""

    rank: int
    alpha: int
    dropout: float
    targets: tuple[str, ...]
    """Names of the linear layers it adapts."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One model, from corpus to adapter."""

    name: str
    seed: int
    held_out_share: float
    """Share of source questions kept out of training for validation."""
    shape: Shape
    pretrain: Schedule
    train: Schedule
    adapter: Adapter
    sampling: dict[str, float]
    """Sampling values that travel to model.json."""


_T = TypeVar("_T")


def load_recipe(name: str) -> Recipe:
    """Load a recipe by path or by the name of one that ships.

    Raises:
        RecipeError: missing file, broken TOML, unknown, missing or impossible fields.
    """
    path = Path(name)
    shipped = resources.files("finetune").joinpath("recipes", f"{name}.toml")
    try:
        text = path.read_text("utf-8") if path.suffix == ".toml" else shipped.read_text("utf-8")
        table = tomllib.loads(text)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RecipeError("recipe.missing", name=name) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError("recipe.broken", name=name, reason=error) from error
    parts = {"shape": Shape, "pretrain": Schedule, "train": Schedule, "adapter": Adapter}
    for key, kind in parts.items():
        table[key] = _build(kind, table.get(key), name, key)
    recipe = _build(Recipe, table, name, "")
    _check(recipe, name)
    return recipe


def _build(kind: type[_T], table: Any, name: str, where: str) -> _T:
    wanted = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # kind is a dataclass
    given = set(table) if isinstance(table, dict) else set()
    if wanted != given:
        wrong = ", ".join(f"{where}.{k}".lstrip(".") for k in sorted(wanted ^ given))
        raise RecipeError("recipe.fields", name=name, fields=wrong)
    for field in fields(kind):  # type: ignore[arg-type]  # as above
        if not _fits(table[field.name], str(field.type)):
            raise RecipeError("recipe.value", name=name, field=f"{where}.{field.name}".lstrip("."))
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()})


def _fits(value: object, kind: str) -> bool:  # noqa: PLR0911  # one return a kind
    """Tell whether a TOML value has a field's type; counts and sizes are above zero."""
    match kind:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and value > 0
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        case "bool":
            return isinstance(value, bool)
        case "str":
            return isinstance(value, str) and bool(re.fullmatch(r"[\w.-]+", value))
        case "tuple[str, ...]":
            return isinstance(value, list) and all(isinstance(v, str) for v in value)
        case "dict[str, float]":
            return isinstance(value, dict) and all(
                isinstance(v, int | float) for v in value.values()
            )
    return True  # a part, built already


def _check(recipe: Recipe, name: str) -> None:
    shape = recipe.shape
    if shape.hidden % 256 or shape.ffn % 256:
        raise RecipeError("recipe.not_256", name=name, hidden=shape.hidden, ffn=shape.ffn)
    if shape.hidden % shape.heads or shape.heads % shape.kv_heads:
        raise RecipeError(
            "recipe.heads", name=name, hidden=shape.hidden, heads=shape.heads, kv=shape.kv_heads
        )
