"""Waiting, at the size of a model that people use: random weights of about half a billion.

What is measured does not depend on the words: tokens evaluated, tokens a second, bytes sealed.
The models are made for it and removed afterwards.
"""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from desktop_app.commands.bench_engine import (
    Samples,
    beside_bare_llama,
    long_transcript,
    reply,
    turn_cost,
)
from desktop_app.commands.bench_model import QWEN2_05B, QWEN15_05B, Shape, write_random_model
from desktop_app.conversation.continuity import Continuity
from desktop_app.conversation.snapshots import NAME, Snapshots
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.baseline import bare_llama
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.protocol import Finished
from desktop_app.models.library import SHIPPED, shipped_folder
from desktop_app.vault.creation import create
from desktop_app.vault.vault import Vault

ROUNDS: Final = 7
PROMPT_TOKENS: Final = 256
RESUMED_TOKENS: Final = 3000
TURNS: Final = 20
REPLY_TOKENS: Final = 16
"""A reply of the conversation of `TURNS`; what is measured comes before it."""
BUDGET_MB: Final = 1024
MB: Final = 10**6
MODEL: Final = "random.gguf"

Facts = dict[str, Any]


def measure_large(
    folder: Path,
    messages: tuple[Turn, ...],
    shapes: tuple[Shape, ...] = (QWEN2_05B, QWEN15_05B),
    resumed_tokens: int = RESUMED_TOKENS,
) -> Facts:
    """Return speeds beside bare llama.cpp for each shape, and of the first what waiting is left.

    Args:
        folder: does not exist yet; on the disk that the history is kept on.
        messages: user turns, said in turn.
        shapes: of the models.
        resumed_tokens: how long a conversation is gone on with after a restart.

    Raises:
        KnownError: a child died, or the disk is full.
    """
    folder.mkdir()
    model, facts = folder / MODEL, Facts()
    for number, shape in enumerate(shapes):
        write_random_model(model, shape, shipped_folder() / f"{SHIPPED}.gguf")
        try:
            with ChildEngine(Settings(model, folder)) as engine:
                facts[f"hidden_{shape.hidden}"] = _beside_raw(engine, messages)
                if not number:
                    facts |= _waiting(engine, folder, messages, resumed_tokens)
        finally:
            model.unlink()
    return facts


def _beside_raw(engine: ChildEngine, messages: tuple[Turn, ...]) -> Facts:
    loaded = engine.start()
    long = long_transcript(engine, messages, PROMPT_TOKENS)
    with bare_llama(engine.settings, loaded) as baseline:
        ours, raw = beside_bare_llama(engine, baseline, long, ROUNDS)
    return {
        "load_ms": round(loaded.load_ms, 1),
        "engine": ours.medians(),
        "raw_llama_cpp": raw.medians(),
        "ratio": _ratio(ours, raw),
    }


def _ratio(ours: Samples, raw: Samples) -> Facts:
    """Return the medians over the pairs, whose two halves ran one right after the other."""
    return {
        "prefill": round(median(a / b for a, b in zip(ours.prefill, raw.prefill, strict=True)), 3),
        "reply": round(median(a / b for a, b in zip(ours.reply, raw.reply, strict=True)), 3),
    }


def _waiting(
    engine: ChildEngine, folder: Path, messages: tuple[Turn, ...], resumed_tokens: int
) -> Facts:
    with ExitStack() as held:
        vault = held.enter_context(create(folder / "vault", passphrase=secrets.token_hex(16)))
        talk = Talk(engine, vault, "turns")
        costs = [talk.say(message) for message in islice(cycle(messages), TURNS)]
        talk.continuity.seal()
        restart_ms = _restart(engine)
        restarted = talk.say(messages[0])
        talk.type(messages[1])
        typed = talk.say(messages[1])
        return {
            "turns": {
                "second": turn_cost(costs[1]),
                "last": turn_cost(costs[-1]) | {"turn": TURNS},
                "after_restart": turn_cost(restarted),
                "typed_ahead": turn_cost(typed),
            },
            "restart_ms": restart_ms,
            "resume": _resume(engine, vault, messages, resumed_tokens),
        }


def _restart(engine: ChildEngine) -> float:
    """End the child and return the milliseconds until another has the model."""
    began = time.perf_counter()
    engine.close()
    engine.start()
    return round(1000 * (time.perf_counter() - began), 1)


@dataclass(slots=True)
class Talk:
    """A conversation without a counsellor: what is said does not matter here."""

    engine: ChildEngine
    continuity: Continuity
    session: Session

    def __init__(self, engine: ChildEngine, vault: Vault, name: str) -> None:
        vault.sessions.add(name, Turn(Role.USER, name))  # what has a key there can be sealed
        self.engine, self.session = engine, Session(id=name)
        self.continuity = Continuity(engine)
        self.continuity.snapshots = Snapshots(vault.blobs, BUDGET_MB)

    def say(self, message: Turn) -> Finished:
        """Have a message answered, then read what stands before the next, as the window does."""
        asked = self.session.add(message)
        self.continuity.enter(asked)
        cost = reply(self.engine, asked.visible(), REPLY_TOKENS)
        self.session = asked.add(Turn(Role.ASSISTANT, cost.text))
        self.continuity.has_read(self.session)
        self.type(Turn(Role.USER, ""))
        return cost

    def type(self, message: Turn) -> None:
        """Have read what is not sent yet."""
        self.engine.read(self.session.add(message).visible(), lambda: True)


def _resume(engine: ChildEngine, vault: Vault, messages: tuple[Turn, ...], tokens: int) -> Facts:
    """Read a long conversation, seal it, and go on with it in another child."""
    *said, message = long_transcript(engine, messages, tokens, times=tokens)
    turns = tuple(said)
    vault.sessions.add("long", message)
    snapshots = Snapshots(vault.blobs, BUDGET_MB)
    _restart(engine)
    began = time.perf_counter()
    read = engine.read((*turns, Turn(Role.USER, "")), lambda: True)
    cold_ms = 1000 * (time.perf_counter() - began)
    content = engine.snapshot(turns, at_most=BUDGET_MB * MB, patience=60)
    sealing, resuming = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        snapshots.put("long", content)
        sealing.append(len(content) / MB / (time.perf_counter() - began))
        _restart(engine)
        began = time.perf_counter()
        sealed = vault.blobs.get("long", NAME)
        assert sealed is not None, "it was put there"
        assert engine.restore(sealed), "it is this model's"
        resuming.append(1000 * (time.perf_counter() - began))
    after = reply(engine, (*turns, message), 1)
    return {
        "tokens": read,
        "snapshot_bytes": len(content),
        "sealed_mb_per_s": round(median(sealing), 1),
        "cold_ms": round(cold_ms, 1),
        "resumed_ms": round(median(resuming), 1),
        "ratio": round(median(resuming) / cold_ms, 4),
        "then": turn_cost(after),
    }
