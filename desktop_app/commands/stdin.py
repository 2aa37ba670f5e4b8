"""What comes in on standard input: text that is text, JSON that has the agreed shape."""

from __future__ import annotations

import json
import sys
from typing import Any

from desktop_app.dialogue import Role, Session, Turn
from desktop_app.errors import InputError


def read_text() -> str:
    """Return all of standard input; raises InputError when it is not UTF-8."""
    return as_text(sys.stdin.buffer.read())


def as_text(raw: bytes) -> str:
    """Return `raw` as text; raises InputError when it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # That exception holds the bytes: `from None` keeps them out of every traceback.
        raise InputError("input.not_utf8") from None


def parse_request(text: str, *, line: int | None = None) -> tuple[Session, str]:
    """Return the conversation so far and the message to answer.

    Args:
        text: `{"messages": [{"role": "user|assistant|system", "content": …}]}`.
        line: its number, when there are many.

    Raises:
        InputError: it is not JSON, of another shape, or does not end with a user's message.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        if line is not None:
            raise InputError("input.not_json_line", line=line) from None
        raise InputError("input.not_json") from None
    turns = _turns(plain)
    system = None
    if turns and turns[0].role is Role.SYSTEM:
        system, turns = turns[0].content, turns[1:]
    if any(turn.role is Role.SYSTEM for turn in turns):
        raise InputError("input.system_not_first")
    if not turns or turns[-1].role is not Role.USER:
        raise InputError("input.last_not_user")
    return Session(turns[:-1], system), turns[-1].content


def _turns(plain: Any) -> tuple[Turn, ...]:
    if not isinstance(plain, dict) or not isinstance(plain.get("messages"), list):
        raise InputError("input.wrong_shape", place="messages")
    turns = []
    for number, message in enumerate(plain["messages"]):
        place = f"messages[{number}]"
        if not isinstance(message, dict):
            raise InputError("input.wrong_shape", place=place)
        role, content = message.get("role"), message.get("content")
        if not isinstance(role, str) or role not in set(Role):
            raise InputError("input.wrong_shape", place=f"{place}.role")
        if not isinstance(content, str) or not _is_text(content):
            raise InputError("input.wrong_shape", place=f"{place}.content")
        turns.append(Turn(Role(role), content))
    return tuple(turns)


def _is_text(content: str) -> bool:
    """Tell whether every character is one; JSON can escape half a surrogate pair."""
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
