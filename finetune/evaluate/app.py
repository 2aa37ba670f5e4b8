"""Asking the app itself, as a process: what is scored is what a person would read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finetune.corpus.dialogue import Message
from finetune.errors import EvaluationError


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply and how it ended (`end`, `length` or `cancelled`)."""

    text: str
    stop: str
    guard: Mapping[str, Any] = field(default_factory=dict)
    """The app's guard: level, categories, action."""


def ask(
    model: Path, histories: Iterable[Sequence[Message]], *options: str, max_tokens: int = 256
) -> list[Answer]:
    """Return the app's replies to histories that end with the client, in order.

    Args:
        model: a GGUF file with its model.json beside it.
        histories: what was said so far, each ending with a client message.
        options: further options of `soulchat reply`.
        max_tokens: replies are cut there, with stop `length`.

    Raises:
        EvaluationError: the app could not answer; its own sentence is passed on.
    """
    requests = [json.dumps({"messages": [asdict(m) for m in h]}) for h in histories]
    command = [sys.executable, "-m", "desktop_app.cli", "reply", "--jsonl", "--model", str(model)]
    done = subprocess.run(
        [*command, "--max-tokens", str(max_tokens), *options],
        input="\n".join(requests).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    lines = done.stdout.decode("utf-8").splitlines()
    if done.returncode or len(lines) != len(requests):
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise EvaluationError("evaluation.no_reply", model=model, reason=reason[-400:])
    return [Answer(r["reply"], r["stop"], r["guard"]) for r in map(json.loads, lines)]


def card(region: str) -> str:
    """Return the crisis card of a region as the app prints it.

    Raises:
        EvaluationError: the app could not show it; its own sentence is passed on.
    """
    command = [sys.executable, "-m", "desktop_app.cli", "care", "card", "--region", region]
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PYTHONUTF8": "1"}
    )
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise EvaluationError("evaluation.no_card", region=region, reason=reason[-400:])
    return done.stdout.decode("utf-8")


def converse(model: Path, scripts: Sequence[Sequence[str]]) -> list[list[Message]]:
    """Hold one conversation per script, saying its lines one after another."""
    talks: list[list[Message]] = [[] for _ in scripts]
    for turn in range(max(map(len, scripts), default=0)):
        speaking = [n for n, script in enumerate(scripts) if turn < len(script)]
        for number in speaking:
            talks[number].append(Message("user", scripts[number][turn]))
        answers = ask(model, [talks[n] for n in speaking])
        for number, answer in zip(speaking, answers, strict=True):
            talks[number].append(Message("assistant", answer.text))
    return talks
