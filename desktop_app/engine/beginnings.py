"""When each conversation began here: the day that a template which prints one is given.

Llama 3.1 and 3.2 print it before the first word. Were it the day of each request, all of a
conversation would be read again at midnight, and what was kept of it would be worth nothing on the
next day. A conversation is told by what it begins with, up to the person's first message: when that
changes, all of it is read again anyway.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final

from desktop_app.dialogue import Role, Turn

REMEMBERED: Final = 256
"""Conversations; a draft of a first message counts as one."""


def now() -> datetime:
    """Return this moment, with this computer's time zone."""
    return datetime.now().astimezone()


class Beginnings:
    """The beginnings of the conversations that were asked about last."""

    def __init__(self, clock: Callable[[], datetime] = now) -> None:
        self._clock = clock
        self._began: OrderedDict[str, datetime] = OrderedDict()

    def of(self, turns: tuple[Turn, ...]) -> datetime:
        """Return when a conversation began: now, where it was not heard of before."""
        name = name_of(turns)
        began = self._began.get(name)
        return self.note(name, self._clock() if began is None else began)

    def note(self, name: str, began: datetime) -> datetime:
        """Remember, and return, when the conversation of that name began."""
        self._began[name] = began
        self._began.move_to_end(name)
        if len(self._began) > REMEMBERED:
            self._began.popitem(last=False)
        return began


def name_of(turns: tuple[Turn, ...]) -> str:
    """Return what tells a conversation from others: a hash of what it begins with."""
    users = [place for place, turn in enumerate(turns) if turn.role is Role.USER]
    opening = turns[: users[0] + 1] if users else turns
    plain = json.dumps([[turn.role.value, turn.content] for turn in opening])
    return hashlib.sha256(plain.encode("ascii")).hexdigest()
