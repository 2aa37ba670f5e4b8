"""`soulchat bench`: the engine's speed, with bare llama.cpp beside it in the same run.

Engine and bare llama.cpp take turns, so that a busy machine slows both; medians are reported.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib import resources
from statistics import median
from typing import Any, Final

from desktop_app.commands.doctor import examine, peak_memory
from desktop_app.conversation.opening import checked_model, engine_for
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.baseline import bare_llama
from desktop_app.engine.process import ChildEngine
from desktop_app.engine.protocol import Finished, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.paths import Paths

ROUNDS: Final = 5
REPLY_TOKENS: Final = 64

Facts = dict[str, Any]


@dataclass(slots=True)
class Samples:
    """Tokens per second, one entry a round."""

    prefill: list[float] = field(default_factory=list)
    reply: list[float] = field(default_factory=list)

    def medians(self) -> Facts:
        """Return the figures as data."""
        return {
            "prefill_tokens_per_s": round(median(self.prefill), 1),
            "tokens_per_s": round(median(self.reply), 1),
        }


def measure(name: str | None, paths: Paths) -> Facts:
    """Return load time, speeds, time to first token and memory of one model.

    Raises:
        KnownError: the model is unusable or a child died.
    """
    model = checked_model(name, paths)
    messages = _messages()
    with engine_for(model, paths) as engine:
        loaded = engine.start()
        turns = [_turn_cost(cost) for cost in _talk(engine, messages, loaded.n_ctx)]
        ours, raw = Samples(), Samples()
        with bare_llama(engine.settings, loaded) as baseline:
            for _ in range(ROUNDS):
                cold = _cold(engine, messages, loaded.n_ctx)
                ours.prefill.append(1000 * cold.evaluated_tokens / cold.ttft_ms)
                ours.reply.append(cold.tokens_per_s)
                read, written = baseline.measure(cold.evaluated_tokens, max(2, cold.reply_tokens))
                raw.prefill.append(read)
                raw.reply.append(written)
            raw_load_ms = baseline.load_ms
        memory = peak_memory(loaded.pid)
    machine = examine(name, paths)
    return {
        "model": machine["model"],
        "processor": machine["processor"],
        "threads": loaded.threads,
        "n_ctx": loaded.n_ctx,
        "rounds": ROUNDS,
        "load_ms": round(loaded.load_ms, 1),
        "engine": ours.medians(),
        "raw_llama_cpp": raw.medians() | {"load_ms": round(raw_load_ms, 1)},
        "turns": turns,
        "peak_rss_bytes": memory,
    }


def _messages() -> tuple[Turn, ...]:
    path = resources.files("resources").joinpath("prompts", "bench.toml")
    texts = tomllib.loads(path.read_text(encoding="utf-8"))["messages"]
    return tuple(Turn(Role.USER, text) for text in texts)


def _talk(engine: ChildEngine, messages: tuple[Turn, ...], n_ctx: int) -> list[Finished]:
    """Hold one conversation as far as it fits and return what each of its turns cost."""
    session, costs = Session(), []
    for message in messages:
        session = session.add(message)
        if engine.count(session.turns) + REPLY_TOKENS > n_ctx:
            break
        cost = _reply(engine, session.turns)
        costs.append(cost)
        session = session.add(Turn(Role.ASSISTANT, cost.text))
    return costs


def _cold(engine: ChildEngine, messages: tuple[Turn, ...], n_ctx: int) -> Finished:
    """Answer a long transcript of which nothing is cached."""
    _reply(engine, (Turn(Role.SYSTEM, "-"), messages[-1]))
    turns = messages[:1]
    for number in range(1, 2 * len(messages)):
        role = Role.ASSISTANT if number % 2 else Role.USER
        longer = (*turns, Turn(role, messages[number // 2 % len(messages)].content))
        if engine.count(longer) > n_ctx // 2:
            break
        turns = longer
    if turns[-1].role is Role.ASSISTANT:
        turns = turns[:-1]
    return _reply(engine, turns)


def _reply(engine: ChildEngine, turns: tuple[Turn, ...]) -> Finished:
    *_, finished = engine.reply(Request(turns, GREEDY, REPLY_TOKENS))
    assert isinstance(finished, Finished)
    return finished


def _turn_cost(finished: Finished) -> Facts:
    return {
        "prompt_tokens": finished.prompt_tokens,
        "evaluated_tokens": finished.evaluated_tokens,
        "ttft_ms": round(finished.ttft_ms, 1),
    }
