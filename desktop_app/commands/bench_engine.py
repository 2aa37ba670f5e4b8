"""The engine's figures, with bare llama.cpp beside it in the same run.

They take turns, so that a busy machine slows both; medians are reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from desktop_app.commands.bench_stop import measure_stop
from desktop_app.commands.doctor import examine, peak_memory
from desktop_app.conversation.opening import checked_model, engine_for
from desktop_app.dialogue import Role, Session, Turn
from desktop_app.engine.baseline import Baseline, bare_llama
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


def measure_engine(name: str | None, paths: Paths, messages: tuple[Turn, ...]) -> Facts:
    """Return load time, speeds, times to first token and to a stop, and memory of one model.

    Args:
        name: what `find_model` takes.
        paths: where it looks.
        messages: user turns, said one after another.

    Raises:
        KnownError: the model is unusable or a child died.
    """
    model = checked_model(name, paths)
    with engine_for(model, paths) as engine:
        loaded = engine.start()
        turns = [turn_cost(cost) for cost in _talk(engine, messages, loaded.n_ctx)]
        long = long_transcript(engine, messages, loaded.n_ctx // 2)
        with bare_llama(engine.settings, loaded) as baseline:
            ours, raw = beside_bare_llama(engine, baseline, long, ROUNDS)
            raw_load_ms = baseline.load_ms
        reading_ms = 1000 * engine.count(long) / median(ours.prefill)
        stop = measure_stop(engine, long, reading_ms)
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
        "stop_ms": stop,
        "peak_rss_bytes": memory,
    }


def beside_bare_llama(
    engine: ChildEngine, baseline: Baseline, long: tuple[Turn, ...], rounds: int
) -> tuple[Samples, Samples]:
    """Return how fast the engine, then bare llama.cpp read as many tokens and write as many."""
    ours, raw = Samples(), Samples()
    for _ in range(rounds):
        reply(engine, (Turn(Role.SYSTEM, "-"), long[-1]))  # `long` is cached no more
        cold = reply(engine, long)
        ours.prefill.append(1000 * cold.evaluated_tokens / cold.ttft_ms)
        ours.reply.append(cold.tokens_per_s)
        read, written = baseline.measure(cold.evaluated_tokens, max(2, cold.reply_tokens))
        raw.prefill.append(read)
        raw.reply.append(written)
    return ours, raw


def _talk(engine: ChildEngine, messages: tuple[Turn, ...], n_ctx: int) -> list[Finished]:
    """Hold one conversation as far as it fits and return what each of its turns cost."""
    session, costs = Session(), []
    for message in messages:
        session = session.add(message)
        if engine.count(session.turns) + REPLY_TOKENS > n_ctx:
            break
        cost = reply(engine, session.turns)
        costs.append(cost)
        session = session.add(Turn(Role.ASSISTANT, cost.text))
    return costs


def long_transcript(
    engine: ChildEngine, messages: tuple[Turn, ...], tokens: int, times: int = 2
) -> tuple[Turn, ...]:
    """Return a transcript of at most so many tokens that ends with a user turn.

    Each message is in it at most so many `times`.
    """
    turns = messages[:1]
    for number in range(1, times * len(messages)):
        role = Role.ASSISTANT if number % 2 else Role.USER
        longer = (*turns, Turn(role, messages[number // 2 % len(messages)].content))
        if engine.count(longer) > tokens:
            break
        turns = longer
    return turns if turns[-1].role is Role.USER else turns[:-1]


def reply(engine: ChildEngine, turns: tuple[Turn, ...], max_tokens: int = REPLY_TOKENS) -> Finished:
    """Return the end of a reply of the most likely tokens."""
    *_, finished = engine.reply(Request(turns, GREEDY, max_tokens))
    assert isinstance(finished, Finished)
    return finished


def turn_cost(finished: Finished) -> Facts:
    """Return what a turn cost before its first word."""
    return {
        "prompt_tokens": finished.prompt_tokens,
        "evaluated_tokens": finished.evaluated_tokens,
        "ttft_ms": round(finished.ttft_ms, 1),
    }
