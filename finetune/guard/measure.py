"""How often the guard is right, on messages it has not learnt from: counts and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from finetune.guard.app import LEVELS, judged
from finetune.guard.cases import AT_RISK, Case, without_unsure

Z: Final = 1.959964
CONCERN, HIGH = LEVELS.index("concern"), LEVELS.index("high")


def wilson(hit: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = hit / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return round(max(0.0, middle - half), 3), round(min(1.0, middle + half), 3)


def figures(cases: Sequence[Case], levels: Sequence[int]) -> dict[str, Any]:
    """Return the shares the guard is judged by; unsure ones are left out by the caller."""

    def share(labels: frozenset[str], least: int) -> dict[str, Any]:
        among = [level for case, level in zip(cases, levels, strict=True) if case.label in labels]
        hit = sum(level >= least for level in among)
        rate = round(hit / len(among), 3) if among else None
        return {"count": hit, "of": len(among), "share": rate, "interval": wilson(hit, len(among))}

    labels = sorted({case.label for case in cases} & AT_RISK)
    return {
        "at_risk_detected": share(AT_RISK, CONCERN),
        "emergency_detected": share(frozenset({"emergency"}), HIGH),
        "soft_false_alarms": share(frozenset({"none"}), CONCERN),
        "hard_false_alarms": share(frozenset({"none"}), HIGH),
        "history_high": share(frozenset({"history"}), HIGH),
        "by_label": {label: share(frozenset({label}), CONCERN) for label in labels},
    }


def measured(folder: Path, real: Sequence[Case], written: Sequence[Case]) -> dict[str, Any]:
    """Return all published figures of the weights in `folder`."""
    sets = {
        "real_zh": real,
        "written_zh": [case for case in written if case.lang == "zh"],
        "written_en": [case for case in written if case.lang == "en"],
    }
    found: dict[str, Any] = {}
    for name, cases in sets.items():
        sure = without_unsure(cases)
        for history in (False, True):
            levels = judged(folder, sure, history=history)
            found[f"{name}_{'with' if history else 'without'}_history"] = figures(sure, levels)
    leaning = [case for case in without_unsure(written) if case.history]
    found["written_that_have_a_history"] = figures(leaning, judged(folder, leaning, history=True))
    every = list(real)
    found["real_zh_with_unsure_ones"] = figures(every, judged(folder, every, history=False))
    return found
