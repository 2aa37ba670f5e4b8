"""How long the guard takes for one message, with the history that comes with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median
from typing import Any, Final

from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.reply import judge_reply

ROUNDS: Final = 5


def measure_guard(messages: Sequence[str]) -> dict[str, Any]:
    """Return milliseconds for a message, alone and with all before it, and for a reply."""
    judge_message(messages[0])  # what is loaded once is loaded now
    judge_reply(messages[0])
    tellings = [(message, messages[:number]) for number, message in enumerate(messages)] * ROUNDS
    return {
        "message_ms": _summary(partial(judge_message, *telling) for telling in tellings),
        "alone_ms": _summary(partial(judge_message, message) for message, _ in tellings),
        "reply_ms": _summary(partial(judge_reply, message) for message, _ in tellings),
    }


def _summary(work: Iterable[Callable[[], object]]) -> dict[str, float]:
    taken = [_milliseconds(one) for one in work]
    return {"median": round(median(taken), 3), "worst": round(max(taken), 3)}


def _milliseconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000
