"""Does a control line steer? The same histories, asked for each strategy in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from finetune.corpus.dialogue import Message
from finetune.evaluate.local import LocalModel
from finetune.evaluate.sample import Turn
from finetune.labels import Strategy, control_line, phase_of, strategy_of


def steering(model: LocalModel, turns: Sequence[Turn]) -> dict[str, dict[str, float]]:
    """Return for each strategy the share of greedy replies that follow it, unasked and asked."""
    plain = [model.reply(t.history) for t in turns]
    shares: dict[str, dict[str, float]] = {}
    for strategy in get_args(Strategy):
        line = Message("system", control_line(strategy, phase_of(strategy, 1, 4)))
        asked = [model.reply((*t.history, line)) for t in turns]
        shares[strategy] = {"unasked": _share(plain, strategy), "asked": _share(asked, strategy)}
    return shares


def _share(replies: Sequence[str], strategy: Strategy) -> float:
    return round(sum(strategy_of(r) == strategy for r in replies) / len(replies), 4)
