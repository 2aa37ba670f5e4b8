"""`soulchat guard --jsonl`: messages in on stdin, what the guard says of each out on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from desktop_app.care.guard.message import judge_message
from desktop_app.commands.output import print_json
from desktop_app.errors import InputError


def run_guard() -> None:
    """Answer every line as it comes: `{"text", "history": [earlier messages]}` → the verdict.

    Raises:
        InputError: a line is not of that shape; those before it were answered.
    """
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        if raw.strip():
            text, history = _request(raw, number)
            verdict = judge_message(text, history)
            print_json(verdict.plain())


def _request(raw: bytes, number: int) -> tuple[str, list[str]]:
    try:
        plain: Any = json.loads(raw.decode("utf-8-sig"))
        text, history = plain["text"], plain.get("history") or []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # `from None`: the exception holds what was written.
        raise InputError("input.not_guard_line", line=number) from None
    if not isinstance(text, str) or not isinstance(history, list):
        raise InputError("input.not_guard_line", line=number)
    if not all(isinstance(message, str) for message in history):
        raise InputError("input.not_guard_line", line=number)
    return text, history
