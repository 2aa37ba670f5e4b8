"""What is in a corpus, counted; and how often each strategy was labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import mean, median
from typing import Any

from finetune.corpus.dialogue import Dialogue
from finetune.labels import phase_of, strategy_of


def statistics(dialogues: Iterable[Dialogue]) -> dict[str, Any]:
    """Return counts, lengths in characters, licences and label shares."""
    lengths: dict[str, list[int]] = {"user": [], "assistant": [], "system": []}
    turns: list[int] = []
    seen: Counter[str] = Counter()
    strategies: Counter[str] = Counter()
    phases: Counter[str] = Counter()
    for dialogue in dialogues:
        replies = [m.content for m in dialogue.messages if m.role == "assistant"]
        turns.append(len(replies))
        seen[f"{dialogue.source} ({dialogue.licence})"] += 1
        for message in dialogue.messages:
            lengths[message.role].append(len(message.content))
        for turn, reply in enumerate(replies):
            strategy = strategy_of(reply)
            strategies[strategy] += 1
            phases[phase_of(strategy, turn, len(replies))] += 1
    return {
        "dialogues": len(turns),
        "sources": dict(seen),
        "counsellor_turns": sum(turns),
        "turns_per_dialogue": {
            "mean": round(mean(turns or [0]), 2),
            "median": median(turns or [0]),
        },
        "characters": {
            role: {"mean": round(mean(values), 1), "sum": sum(values)}
            for role, values in lengths.items()
            if values
        },
        "strategies": dict(strategies.most_common()),
        "phases": dict(phases.most_common()),
    }
