"""The guard at a message: how grave it is, and what is said before any model is asked.

Needs no engine: a person in danger is answered while the model is being loaded, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from desktop_app.care.guard.asked import asks_what_this_is
from desktop_app.care.guard.fixed_replies import FixedReply, heard, reply_to, reply_when_asked
from desktop_app.care.guard.verdict import Verdict
from desktop_app.dialogue import Role, Session
from resources.messages import language_of


@dataclass(frozen=True, slots=True)
class Watched:
    """What the guard made of a message."""

    verdict: Verdict
    reply: str | None = field(repr=False)
    """What answers it in the model's place; None where the model answers."""


def watch(session: Session, message: str) -> Watched:
    """Judge `message`, the next of the person, with what they said before in `session`."""
    from desktop_app.care.guard.message import judge_message  # noqa: PLC0415 - numpy, after the start

    earlier = [turn.content for turn in session.turns if turn.role is Role.USER]
    verdict = judge_message(message, earlier)
    already = heard([turn.content for turn in session.turns if turn.role is Role.ASSISTANT])
    words = reply_to(verdict, already)
    said = [] if words is None else [words]
    if asks_what_this_is(message):
        said.insert(0, reply_when_asked(already, first=bool(said)))
    return Watched(verdict, "\n\n".join(in_language_of(message, each) for each in said) or None)


def in_language_of(message: str, words: FixedReply) -> str:
    """Return `words` in the language a person writes in, where that can be told."""
    return words.text[language_of(message)]
