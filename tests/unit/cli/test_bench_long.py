"""The part of `soulchat bench` that talks long, in a smaller context."""

from __future__ import annotations

from pathlib import Path

from desktop_app.commands.bench import _messages
from desktop_app.commands.bench_long import measure_long


def test_a_late_turn_costs_as_little_as_an_early_one(tmp_path: Path) -> None:
    folder = tmp_path / "long"

    figures = measure_long(folder, _messages(), turns=45, n_ctx=1024)

    assert figures["times_room_was_made"] >= 2
    assert 0 < figures["late_evaluated_tokens"] <= 1.3 * figures["early_evaluated_tokens"]
    assert figures["ratio"] <= 1.3
    assert figures["most_read_behind_tokens"] > 5 * figures["late_evaluated_tokens"]
    assert list(folder.glob("*.gguf")) == []
