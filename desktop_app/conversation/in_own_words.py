"""Whether a conversation is remembered in the person's own words alone: danger was spoken of in it.

What a model makes of it would stand before every later reply, and no check knows all the ways in
which it may be wrong: who hit whom, and whether it is over.
"""

from __future__ import annotations

from desktop_app.care.guard.standing import ever_stood
from desktop_app.care.guard.verdict import Level
from desktop_app.dialogue import Role, Session


def in_own_words(session: Session) -> bool:
    """Tell whether the guard found anything in what the model still sees, or in what stands for it.

    What it found when other messages stood before has been answered in words that are known. Those
    are looked for among all replies; the messages are judged by themselves, a millisecond each.
    """
    from desktop_app.care.guard.message import judge_message  # noqa: PLC0415 - as in watch

    if ever_stood([turn.content for turn in session.turns if turn.role is Role.ASSISTANT]):
        return True
    seen = [turn.content for turn in session.turns[session.unseen :] if turn.role is Role.USER]
    told = [*session.summary.text.splitlines(), *seen]
    return any(judge_message(each).level is not Level.NONE for each in told)
