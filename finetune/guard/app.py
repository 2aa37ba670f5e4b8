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
from finetune.guard.network import Row

LEVELS = ("none", "concern", "high", "emergency")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the app sees in one message and in what was said before it."""

    features: npt.NDArray[np.int64]
    """Of all in one."""
    row: Row
    wish: int
    """The level that rules which hear a wish ask for at least, as a place in `LEVELS`."""
    act: int
    """The same of the other rules."""
    most: int
    """The level they let the classifier reach."""
    kept: int
    """What is left of the danger that rules heard in the messages before."""
    ordinary: float
    """How far below a concern it keeps nothing of that up."""
    joke: bool
    """Whether something is taken back."""
    form: str
    """What its scores are compared with."""


def seen(cases: Sequence[Case]) -> list[Seen]:
    """Return what the app sees in each message with its history."""
    answers = _ask(["features"], [{"text": c.text, "history": list(c.history)} for c in cases])
    return [
        Seen(
            features=np.array(a["features"], dtype=np.int64),
            row=Row(np.array(a["tokens"], dtype=np.int64), a["before"]),
            wish=LEVELS.index(a["wish"]),
            act=LEVELS.index(a["act"]),
            most=LEVELS.index(a["most"]),
            kept=LEVELS.index(a["kept"]),
            ordinary=a["ordinary"],
            joke=a["joke"],
            form=a["form"],
        )
        for a in answers
    ]


def judged(folder: Path, cases: Sequence[Case], *, history: bool) -> list[int]:
    """Return the app's level for each case, as places in `LEVELS`, with a folder's weights."""
    asked = [{"text": c.text, "history": list(c.history) if history else []} for c in cases]
    return [LEVELS.index(answer["level"]) for answer in _ask(["judge", str(folder)], asked)]


def scored(folder: Path, cases: Sequence[Case]) -> npt.NDArray[np.float64]:
    """Return the app's log odds of risk and of an emergency (n, 2), with a folder's weights."""
    asked = [{"text": case.text, "history": list(case.history)} for case in cases]
    answers = _ask(["judge", str(folder)], asked)
    return np.array([(answer["risk"], answer["emergency"]) for answer in answers])


@dataclass(frozen=True, slots=True)
class ReplySeen:
    """What the app sees in one reply, sentence by sentence."""

    features: list[npt.NDArray[np.int64]]
    latin: list[bool]
    wrong: list[bool]
    """Whether a sentence is, or holds, one of what was marked as wrong."""
    rules: list[str]
    """What its lists name in the whole reply."""


def replies_seen(replies: Sequence[str], marked: Sequence[str]) -> list[ReplySeen]:
    """Return what the app sees in replies, with what is `marked` in each as wrong (or empty)."""
    asked = [{"reply": reply, "marked": bad} for reply, bad in zip(replies, marked, strict=True)]
    return [
        ReplySeen(
            features=[np.array(one, dtype=np.int64) for one in answer["features"]],
            latin=answer["latin"],
            wrong=answer["wrong"],
            rules=answer["rules"],
        )
        for answer in _ask(["replies"], asked)
    ]


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
