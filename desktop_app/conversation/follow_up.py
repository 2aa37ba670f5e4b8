"""Whether a talk about danger was left without its end, so that an opening asks after the person.

Worked out anew from the history each time: that somebody was in danger is written down nowhere.
Only which message was asked after is, inside the history, so that it is asked once. Once they have
talked of other things it is over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.verdict import Level
from desktop_app.dialogue import Role, TurnState
from desktop_app.errors import KnownError

if TYPE_CHECKING:
    from desktop_app.vault.documents import Documents
    from desktop_app.vault.sessions import Sessions

ORDINARY_SINCE: Final = 4
"""So many ordinary messages in a row, answered by the model, and the danger is over."""
LOOKED_AT: Final = 60
"""So many of the person's last messages at most: a long history is opened without a pause."""
SOONEST_S: Final = 600.0
"""Who comes back sooner has not left."""
LATEST_S: Final = 30 * 24 * 3600.0
"""After so long it is no longer what a person is met with."""
ASKED: Final = "local.asked_after"
"""The document that holds which message was asked after; no backup carries it elsewhere."""


def left_in_danger(
    sessions: Sessions, documents: Documents, *, now: Callable[[], float] = time.time
) -> int | None:
    """Return the id of the message to ask after; None where there is none, or it was asked after.

    Raises:
        VaultError: the history cannot be read.
    """
    ordinary, by_reply = 0, _answered_at()
    for turn, message, answer in _backwards(sessions, now()):
        levels = {_itself(message), by_reply.get(answer.rsplit("\n\n", 1)[-1], Level.NONE)}
        if levels & {Level.HIGH, Level.EMERGENCY}:
            return None if turn == _asked(documents) else turn
        ordinary = ordinary + 1 if levels == {Level.NONE} else 0
        if ordinary >= ORDINARY_SINCE:
            break
    return None


def note_asked(documents: Documents, turn: int) -> None:
    """Note that it was asked after a message; where that cannot be written it is asked again."""
    with suppress(KnownError):
        documents.write(ASKED, json.dumps({"turn": turn}))


def _itself(message: str) -> Level:
    """Return how grave a message is by itself; of a few words only these words tell that."""
    from desktop_app.care.guard.answers import short  # noqa: PLC0415 - numpy, where needed
    from desktop_app.care.guard.message import judged  # noqa: PLC0415
    from desktop_app.care.guard.said import Said  # noqa: PLC0415

    said = Said.of(message)
    return said.told if short(message) else judged(said).verdict.level


def _backwards(sessions: Sessions, now: float) -> Iterator[tuple[int, str, str]]:
    """Yield the person's messages, the latest first, with what answered each."""
    left = LOOKED_AT
    for number, session in enumerate(sessions.kept()):
        age = now - session.updated.timestamp()
        if age > LATEST_S or (number == 0 and age < SOONEST_S):
            return
        turns = [each for each in sessions.turns(session.id) if each.state is not TurnState.DAMAGED]
        answer = ""
        for each in reversed(turns):
            if each.turn.role is Role.ASSISTANT:
                answer = each.turn.content
                continue
            yield each.id, each.turn.content, answer
            answer = ""
            left -= 1
            if not left:
                return


def _answered_at() -> dict[str, Level]:
    """Return how grave what a fixed reply answers is, by its words."""
    from desktop_app.care.guard.fixed_replies import fixed_replies  # noqa: PLC0415 - as above

    levels = {level.value: level for level in Level}
    return {
        text: levels.get(each.on, Level.CONCERN)
        for each in fixed_replies()
        if each.on not in {"asked", "withheld", "denied", "settled"}
        for text in each.text.values()
    }


def _asked(documents: Documents) -> int | None:
    found = documents.read(ASKED)
    if found is None:
        return None
    with suppress(ValueError, KeyError, TypeError):
        return int(json.loads(found.body)["turn"])
    return None
