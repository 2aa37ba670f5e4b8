"""What of a conversation fits into the model's context.

Turns are dropped oldest first and in one large step: the transcript's beginning changes, so the
whole of it is evaluated again, and that should happen once in many turns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from desktop_app.dialogue import Role, Session, Turn
from desktop_app.errors import MessageError

DOWN_TO: Final = 0.6
"""After dropping, the transcript fills at most this part of its room."""


def fit(session: Session, room: int, count: Callable[[tuple[Turn, ...]], int]) -> Session:
    """Return the session with as many leading turns unseen as `room` demands.

    The system text and the last message always stay, and what stays begins with a user turn.

    Args:
        session: a conversation that ends with a user turn.
        room: tokens the rendered transcript may take.
        count: tokens of a rendered transcript.

    Raises:
        MessageError: the system text and the last message alone are too long.
    """
    if count(session.visible()) <= room:
        return session
    starts = [
        position
        for position, turn in enumerate(session.turns)
        if turn.role is Role.USER and position > session.unseen
    ]
    aim = int(room * DOWN_TO)
    for start in starts:
        shorter = replace(session, unseen=start)
        needed = count(shorter.visible())
        if needed <= aim or (start == starts[-1] and needed <= room):
            return shorter
    raise MessageError("message.too_long", characters=len(session.turns[-1].content))
