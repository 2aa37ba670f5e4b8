"""Does the model listen? The true reply must be likelier after its own history.

Scored on the GGUF file itself through llama.cpp, so what is measured is what ships. The rival
history belongs to another sampled turn and has as nearly as possible the same number of messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_cpp import Llama

from finetune.corpus.dialogue import Message
from finetune.errors import EvaluationError
from finetune.evaluate.sample import Turn

MARKS = {"start": "<|im_start|>", "end": "<|im_end|>"}


class Scorer:
    """A GGUF model that says how likely a reply is."""

    def __init__(self, model: Path, context: int = 2048) -> None:
        try:
            self._llama = Llama(str(model), n_ctx=context, logits_all=True, verbose=False)
        except (ValueError, OSError) as error:
            raise EvaluationError("evaluation.no_model", path=model) from error
        self._context = context
        self._start, self._end = (self._special(MARKS[m]) for m in ("start", "end"))

    def log_likelihood(self, history: Sequence[Message], reply: str) -> float:
        """Return the sum of log probabilities of the reply and its end mark (natural log)."""
        head = [t for m in history for t in self._turn(m.role, m.content)]
        opening = [self._start, *self._text("assistant\n")]
        wanted = [*self._text(reply), self._end]
        prompt = [*head, *opening][-(self._context - len(wanted)) :]
        self._llama.reset()
        self._llama.eval([*prompt, *wanted[:-1]])
        rows = slice(len(prompt) - 1, len(prompt) - 1 + len(wanted))
        logits = np.asarray(self._llama.scores[rows], dtype=np.float64)  # (R, V)
        top = logits.max(axis=1)
        normaliser = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        return float((logits[np.arange(len(wanted)), wanted] - normaliser).sum())

    def tokens(self, text: str) -> int:
        """Return the number of tokens of plain text."""
        return len(self._text(text))

    def close(self) -> None:
        """Free the model."""
        self._llama.close()

    def _turn(self, role: str, content: str) -> list[int]:
        text = [*self._text(role + "\n"), *self._text(content)]
        return [self._start, *text, self._end, *self._text("\n")]

    def _text(self, text: str) -> list[int]:
        ids: list[int] = self._llama.tokenize(text.encode(), add_bos=False, special=False)
        return ids

    def _special(self, mark: str) -> int:
        ids: list[int] = self._llama.tokenize(mark.encode(), add_bos=False, special=True)
        if len(ids) != 1:
            raise EvaluationError("evaluation.no_marks", mark=mark)
        return ids[0]


def likelihood(model: Path, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return how often the true history wins, and the loss per token of the true replies."""
    scorer = Scorer(model)
    wins, total, tokens = 0, 0.0, 0
    order = sorted(range(len(turns)), key=lambda i: len(turns[i].history))
    rival = dict(zip(order, order[1:] + order[:1], strict=True))
    for index, turn in enumerate(turns):
        true = scorer.log_likelihood(turn.history, turn.reply)
        other = scorer.log_likelihood(turns[rival[index]].history, turn.reply)
        wins += true > other
        total, tokens = total + true, tokens + scorer.tokens(turn.reply) + 1
    scorer.close()
    return {
        "true_history_wins": round(wins / len(turns), 4),
        "loss_per_token": round(-total / tokens, 4),
        "perplexity": round(float(np.exp(-total / tokens)), 2),
    }
