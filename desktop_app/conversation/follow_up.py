"""Whether the last talk was about danger, so that the next opening asks after the person.

Worked out anew from the history each time: that somebody was in danger is written down nowhere.
Once they have talked of other things it is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.verdict import Level
from desktop_app.dialogue import Role, TurnState

if TYPE_CHECKING:
    from desktop_app.vault.sessions import Sessions

LAST_MESSAGES: Final = 4
"""So many of the person's last messages are looked at."""
SOONEST_S: Final = 3600.0
"""Who comes back sooner has not left."""
LATEST_S: Final = 30 * 24 * 3600.0
"""After so long it is no longer what a person is met with."""


def left_in_danger(sessions: Sessions, *, now: Callable[[], float] = time.time) -> bool:
    """Tell whether the person's last messages in the history were high or emergency.

    Raises:
        VaultError: the history cannot be read.
    """
    latest = next(iter(sessions.kept()), None)
    if latest is None or not SOONEST_S <= now() - latest.updated.timestamp() <= LATEST_S:
        return False
    from desktop_app.care.guard.message import judge_message  # noqa: PLC0415 - numpy, where needed

    said = [
        each.turn.content
        for each in sessions.turns(latest.id)
        if each.turn.role is Role.USER and each.state is not TurnState.DAMAGED
    ]
    first = max(0, len(said) - LAST_MESSAGES)
    verdicts = (judge_message(said[at], said[:at]) for at in range(first, len(said)))
    return any(each.level.rank >= Level.HIGH.rank for each in verdicts)
