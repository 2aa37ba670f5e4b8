"""The part of `soulchat bench` that makes its own models, on small ones; not how fast it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desktop_app.commands.bench import _messages
from desktop_app.commands.bench_large import TURNS, measure_large
from desktop_app.commands.bench_model import QWEN2_05B, QWEN15_05B, Shape, _tensors

SMALL = Shape(hidden=128, ffn=256, heads=2, kv_heads=1, layers=2, vocabulary=8200)
OTHER = Shape(hidden=64, ffn=128, heads=2, kv_heads=2, layers=1, vocabulary=8192)
TEMPLATE_TOKENS = 10

Figures = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, Path]:
    folder = tmp_path_factory.mktemp("bench") / "large"
    return measure_large(folder, _messages(), (SMALL, OTHER), resumed_tokens=600), folder


@pytest.fixture(scope="module")
def figures(run: tuple[Figures, Path]) -> Figures:
    return run[0]


@pytest.mark.parametrize("hidden", ["hidden_128", "hidden_64"])
def test_each_shape_stands_beside_bare_llama_cpp(figures: Figures, hidden: str) -> None:
    pair = figures[hidden]

    assert pair["engine"].keys() == pair["raw_llama_cpp"].keys()
    assert all(ratio > 0 for ratio in pair["ratio"].values())


def test_a_turn_in_its_place_is_said_with_what_it_cost(figures: Figures) -> None:
    turns = figures["turns"]

    assert turns["last"]["turn"] == TURNS
    assert turns["last"]["prompt_tokens"] > turns["second"]["prompt_tokens"]
    for turn in ("last", "after_restart"):
        assert turns[turn]["evaluated_tokens"] < turns[turn]["prompt_tokens"] / 4


def test_no_turn_reads_more_than_its_message_the_template_and_two(figures: Figures) -> None:
    for turn in figures["turns"].values():
        assert turn["evaluated_tokens"] <= turn["allowed_tokens"] < 60


def test_after_typing_ahead_only_the_template_is_left(figures: Figures) -> None:
    assert figures["turns"]["typed_ahead"]["evaluated_tokens"] <= TEMPLATE_TOKENS + 2


def test_a_long_conversation_is_gone_on_with(figures: Figures) -> None:
    resume = figures["resume"]

    assert 450 < resume["tokens"] <= 600
    assert resume["snapshot_bytes"] > 100 * resume["tokens"]
    assert resume["then"]["evaluated_tokens"] < 60
    assert resume["cold_ms"] > 0
    assert resume["resumed_ms"] > 0
    assert resume["sealed_mb_per_s"] > 0
    assert figures["restart_ms"] > 0


def test_its_models_are_removed(run: tuple[Figures, Path]) -> None:
    assert list(run[1].rglob("*.gguf")) == []


def test_the_real_ones_have_half_a_billion_weights() -> None:
    for shape in (QWEN2_05B, QWEN15_05B):
        weights = sum(tensor.bytes for tensor in _tensors(shape)) * 32 / 34
        assert 0.46e9 < weights < 0.5e9
