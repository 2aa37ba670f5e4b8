"""Does the model listen? The true reply must be likelier after its own history.

Scored on the GGUF file itself through llama.cpp, so what is measured is what ships. The rival
history belongs to another sampled turn and has as nearly as possible the same number of messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from finetune.evaluate.local import LocalModel
from finetune.evaluate.sample import Turn


def likelihood(model: LocalModel, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return how often the true history wins, and the loss per token of the true replies."""
    wins, total, tokens = 0, 0.0, 0
    order = sorted(range(len(turns)), key=lambda i: len(turns[i].history))
    rival = dict(zip(order, order[1:] + order[:1], strict=True))
    for index, turn in enumerate(turns):
        true = model.log_likelihood(turn.history, turn.reply)
        other = model.log_likelihood(turns[rival[index]].history, turn.reply)
        wins += true > other
        total, tokens = total + true, tokens + model.tokens(turn.reply) + 1
    return {
        "true_history_wins": round(wins / len(turns), 4),
        "loss_per_token": round(-total / tokens, 4),
        "perplexity": round(float(np.exp(-total / tokens)), 2),
    }
