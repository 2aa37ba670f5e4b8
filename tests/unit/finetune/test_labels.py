"""The rules that label strategy and phase."""

from __future__ import annotations

import pytest

from finetune.labels import control_line, phase_of, strategy_of


@pytest.mark.parametrize(
    ("reply", "strategy"),
    [
        ("听起来你很难过，能多说一点吗？", "question"),
        ("你可以试着每天散步十分钟。", "suggestion"),
        ("心理学上，这是一种常见的反应。", "information"),
        ("你能说出来，真的很勇敢。", "affirmation"),
        ("别担心，你不是一个人。", "comfort"),
        ("你提到和妈妈吵了一架。", "restatement"),
        ("我能感受到你的无助和孤单。", "reflection"),
    ],
)
def test_a_reply_is_labelled_by_what_it_mainly_does(reply: str, strategy: str) -> None:
    assert strategy_of(reply) == strategy


@pytest.mark.parametrize(
    ("strategy", "turn", "phase"),
    [
        ("question", 0, "explore"),
        ("question", 6, "understand"),
        ("reflection", 4, "understand"),
        ("comfort", 4, "support"),
        ("suggestion", 0, "act"),
    ],
)
def test_the_phase_follows_strategy_and_place(strategy: str, turn: int, phase: str) -> None:
    assert phase_of(strategy, turn, 8) == phase  # type: ignore[arg-type]


def test_a_control_line_names_phase_and_strategy() -> None:
    assert control_line("question", "explore") == "探索：提问"
