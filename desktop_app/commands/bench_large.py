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
COLD_ROUNDS: Final = 3
"""Each reads all of a long conversation anew."""
TALKS: Final = 3
TURNS: Final = 20
PLACES: Final = ("second", "last", "after_restart", "typed_ahead")
"""The turns of a conversation that are told of."""
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
        talks = [_talk(engine, vault, f"turns-{n}", messages) for n in range(TALKS)]
        return {
            "turns": _turns(engine, [talk.costs for talk in talks], messages),
            "restart_ms": round(median(talk.restart_ms for talk in talks), 1),
            "resume": _resume(engine, vault, messages, resumed_tokens),
        }


@dataclass(frozen=True, slots=True)
class Talked:
    """What a conversation cost in the places that are told of, and a restart in its middle."""

    costs: dict[str, Finished]
    restart_ms: float


def _talk(engine: ChildEngine, vault: Vault, name: str, messages: tuple[Turn, ...]) -> Talked:
    talk = Talk(engine, vault, name)
    costs = [talk.say(message) for message in islice(cycle(messages), TURNS)]
    talk.continuity.seal()
    restart_ms = _restart(engine)
    restarted = talk.say(messages[0])
    talk.type(messages[1])
    typed = talk.say(messages[1])
    places = (costs[1], costs[-1], restarted, typed)
    return Talked(dict(zip(PLACES, places, strict=True)), restart_ms)


def _turns(
    engine: ChildEngine, talks: list[dict[str, Finished]], messages: tuple[Turn, ...]
) -> Facts:
    """Return each place's cost over the conversations: most tokens, median wait, what is allowed.

    Allowed are the message's tokens, those of the template around it, and two; of a message that
    was read while it was written, the template's and two.
    """
    nothing = Turn(Role.USER, "")
    empty = engine.count((nothing,))
    around = engine.count((nothing, Turn(Role.ASSISTANT, ""), nothing)) - empty
    said = (messages[1 % len(messages)], messages[(TURNS - 1) % len(messages)], messages[0])
    read = [*(engine.count((message,)) - empty for message in said), 0]
    facts = Facts()
    for place, tokens in zip(PLACES, read, strict=True):
        costs = [talk[place] for talk in talks]
        facts[place] = {
            "prompt_tokens": max(cost.prompt_tokens for cost in costs),
            "evaluated_tokens": max(cost.evaluated_tokens for cost in costs),
            "allowed_tokens": tokens + around + 2,
            "ttft_ms": round(median(cost.ttft_ms for cost in costs), 1),
        }
    facts["last"]["turn"] = TURNS
    return facts


def _restart(engine: ChildEngine) -> float:
    """End the child and return the milliseconds until another has the model."""
    began = time.perf_counter()
    engine.close()
    engine.start()
    return 1000 * (time.perf_counter() - began)


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
    """Read a long conversation, seal it, and go on with it in another child, as without it."""
    *said, message = long_transcript(engine, messages, tokens, times=tokens)
    turns = tuple(said)
    vault.sessions.add("long", message)
    snapshots = Snapshots(vault.blobs, BUDGET_MB)
    _restart(engine)
    read = engine.read((*turns, Turn(Role.USER, "")), lambda: True)
    content = engine.snapshot(turns, at_most=BUDGET_MB * MB, patience=60)
    cold, sealing, resuming = list[float](), list[float](), list[float]()
    for number in range(ROUNDS):
        if number < COLD_ROUNDS:
            _restart(engine)
            cold.append(reply(engine, (*turns, message), 1).ttft_ms)
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
        "cold_ms": round(median(cold), 1),
        "resumed_ms": round(median(resuming), 1),
        "ratio": round(median(resuming) / median(cold), 4),
        "then": turn_cost(after),
    }
