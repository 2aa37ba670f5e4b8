"""All suites over one model, and whether it may ship."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from finetune.corpus.dialogue import Dialogue
from finetune.errors import EvaluationError
from finetune.evaluate.app import ask
from finetune.evaluate.crisis import crisis
from finetune.evaluate.likelihood import likelihood
from finetune.evaluate.local import LocalModel
from finetune.evaluate.overlap import overlap
from finetune.evaluate.sample import sample_turns
from finetune.evaluate.steering import steering
from finetune.evaluate.surface import surface

SUITES: Final = ("replies", "likelihood", "steering", "crisis")
NEED_NO_DIALOGUES: Final = frozenset({"crisis"})
STEERED_TURNS: Final = 30
# The least a model must reach on 500 held-out turns before it ships: figure → floor.
ACCEPTANCE: Final = {
    "turns": 500,
    "ends_by_itself": 0.95,
    "no_repeated_8_gram": 0.97,
    "true_history_wins": 0.90,
    "bleu-4": 5.6,
    "rouge-l": 21.5,
}


def evaluate(
    model: Path, dialogues: Sequence[Dialogue], suites: Sequence[str], count: int
) -> dict[str, Any]:
    """Return the report of the asked suites on `count` turns of held-out dialogues.

    Raises:
        EvaluationError: unknown suite, no turn to ask, or the model cannot answer.
    """
    for suite in suites:
        if suite not in SUITES:
            raise EvaluationError("evaluation.unknown_suite", suite=suite, known=", ".join(SUITES))
    report: dict[str, Any] = {}
    if "crisis" in suites:
        report["crisis"] = crisis(model)
    if NEED_NO_DIALOGUES.issuperset(suites):
        return report
    turns = sample_turns(dialogues, count)
    if not turns:
        raise EvaluationError("evaluation.no_turns")
    report |= {"turns": len(turns), "questions": len({t.question for t in turns})}
    if "replies" in suites:
        answers = ask(model, [t.history for t in turns])
        report["surface"] = surface(answers)
        report["overlap"] = overlap(
            [a.text for a in answers], [t.reply for t in turns], [t.question for t in turns]
        )
    if {"likelihood", "steering"} & set(suites):
        local = LocalModel(model)
        if "likelihood" in suites:
            report["likelihood"] = likelihood(local, turns)
        if "steering" in suites:
            report["steering"] = steering(local, turns[:STEERED_TURNS])
    return report


def shortfalls(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Return `figure → (reached, wanted)` for what does not suffice to ship."""
    reached = {
        "turns": report["turns"],
        **report["surface"],
        **report["likelihood"],
        **report["overlap"]["scores"],
    }
    short = {n: (reached[n], least) for n, least in ACCEPTANCE.items() if reached[n] < least}
    if report["crisis"]["red"]:
        short["crisis_red"] = (len(report["crisis"]["red"]), 0)
    return short
