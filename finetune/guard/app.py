"""Asking the app's guard, as a process: features to learn from, and verdicts to score."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from finetune.errors import StageError
from finetune.guard.cases import Case

LEVELS = ("none", "concern", "high", "emergency")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the app sees in one message."""

    features: npt.NDArray[np.int64]
    wish: int
    """The level that rules which hear a wish ask for at least, as a place in `LEVELS`."""
    act: int
    """The same of the other rules."""
    most: int
    """The level they let the classifier reach."""
    form: str
    """What its scores are compared with: `short` and `long` Chinese, `latin`, `latin_long`."""


def seen(cases: Sequence[Case]) -> list[Seen]:
    """Return what the app sees in each message, without its history."""
    answers = _ask(["features"], [{"text": case.text} for case in cases])
    return [
        Seen(
            np.array(a["features"], dtype=np.int64),
            LEVELS.index(a["wish"]),
            LEVELS.index(a["act"]),
            LEVELS.index(a["most"]),
            a["form"],
        )
        for a in answers
    ]


def judged(folder: Path, cases: Sequence[Case], *, history: bool) -> list[int]:
    """Return the app's level for each case, as places in `LEVELS`, with a folder's weights."""
    asked = [{"text": c.text, "history": list(c.history) if history else []} for c in cases]
    return [LEVELS.index(answer["level"]) for answer in _ask(["judge", str(folder)], asked)]


def _ask(arguments: list[str], requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "desktop_app.commands.guard_training", *arguments],
        input="".join(json.dumps(request) + "\n" for request in requests).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    lines = done.stdout.decode("utf-8").splitlines()
    if done.returncode or len(lines) != len(requests):
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise StageError("stage.guard", reason=reason[-400:])
    return [json.loads(line) for line in lines]
