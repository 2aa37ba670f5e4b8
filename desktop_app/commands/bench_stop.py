"""How soon a reply ends once it is told to stop: while its message is read, and while it grows."""

from __future__ import annotations

import threading
import time
from statistics import median
from typing import Any, Final

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.process import ChildEngine
from desktop_app.engine.protocol import Finished, Piece, Request
from desktop_app.engine.sampling import GREEDY

ROUNDS: Final = 10
REPLY_TOKENS: Final = 512

Facts = dict[str, Any]


def measure_stop(engine: ChildEngine, turns: tuple[Turn, ...], reading_ms: float) -> Facts:
    """Return median and worst of both, in milliseconds; null where no stop came in time.

    Args:
        engine: with its model loaded.
        turns: a long transcript.
        reading_ms: how long the model takes to read it.
    """
    prefill, decode = [], []
    for number in range(ROUNDS):
        # Another beginning each time, or the model would have read it already.
        unread = (Turn(Role.SYSTEM, str(number)), *turns)
        prefill.append(_stopped_reading(engine, unread, after_s=reading_ms / 3000))
        decode.append(_stopped_writing(engine, turns[-1:]))
    return {"prefill": _summary(prefill), "decode": _summary(decode)}


def _stopped_reading(
    engine: ChildEngine, turns: tuple[Turn, ...], *, after_s: float
) -> float | None:
    told = 0.0

    def stop() -> None:
        nonlocal told
        told = time.perf_counter()
        engine.cancel()

    timer = threading.Timer(after_s, stop)
    timer.start()
    *_, finished = engine.reply(Request(turns, GREEDY, REPLY_TOKENS))
    ended = time.perf_counter()
    timer.join()
    return _milliseconds(told, ended) if _was_stopped(finished, at_once=True) else None


def _stopped_writing(engine: ChildEngine, turns: tuple[Turn, ...]) -> float | None:
    told, finished = 0.0, None
    for event in engine.reply(Request(turns, GREEDY, REPLY_TOKENS)):
        if isinstance(event, Piece) and not told:
            told = time.perf_counter()
            engine.cancel()
        finished = event
    return _milliseconds(told, time.perf_counter()) if _was_stopped(finished) else None


def _was_stopped(finished: Piece | Finished | None, *, at_once: bool = False) -> bool:
    assert isinstance(finished, Finished)
    return finished.stop == "cancelled" and not (at_once and finished.reply_tokens)


def _summary(stops: list[float | None]) -> Facts | None:
    measured = [each for each in stops if each is not None]
    if not measured:
        return None
    return {"median": round(median(measured), 1), "worst": round(max(measured), 1)}


def _milliseconds(began: float, ended: float) -> float:
    return 1000 * (ended - began)
