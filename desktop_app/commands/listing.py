"""Conversations as text for a terminal: rows of a list, and turns with their time and state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from unicodedata import category

from desktop_app.care.guard.provenance import provenance
from desktop_app.dialogue import Role, TurnState
from desktop_app.local_time import local
from desktop_app.vault.records import StoredSession, StoredTurn
from resources.messages import sentence

SPEAKERS: Final = {Role.USER: "talk.prompt", Role.ASSISTANT: "talk.answer"}


def printable(text: str) -> str:
    """Return `text` without what a terminal would obey instead of showing it.

    Escape sequences and other control characters could come in with a message that was pasted, or
    from a model.
    """
    return "".join(c for c in text if c in "\n\t" or category(c) != "Cc")


def name(stored: StoredSession) -> str:
    """Return a conversation's title, or its opening, on one line."""
    return printable(" ".join((stored.title or stored.opening).split()))


def row(stored: StoredSession) -> str:
    """Return a conversation as a line: what commands call it, when it was, what it is about."""
    return f"{stored.id}  {minute(stored.updated)}  {name(stored)}"


def transcript(turns: Iterable[StoredTurn]) -> str:
    """Return turns in reading order, each under the time it was begun."""
    return "\n\n".join(f"{minute(turn.created)}\n{_spoken(turn)}" for turn in turns)


def mark(state: TurnState) -> str:
    """Return what stands behind a reply that did not end by itself; nothing for others."""
    if state in {TurnState.COMPLETE, TurnState.GROWING}:
        return ""
    return sentence("talk.mark", state=sentence(f"message_state.{state}"))


def origin(reply: str) -> str:
    """Return what stands below a reply that no model wrote; nothing for others."""
    said = provenance(reply)
    return sentence("talk.mark", state=said) if said else ""


def minute(moment: datetime) -> str:
    """Return a moment by this computer's clock."""
    return f"{local(moment):%Y-%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """Return its day."""
    return f"{local(moment):%Y-%m-%d}"


def _spoken(stored: StoredTurn) -> str:
    said = sentence(SPEAKERS[stored.turn.role]) + printable(stored.turn.content)
    line = " ".join(filter(None, (said, mark(stored.state))))
    if stored.turn.role is Role.ASSISTANT:
        return "\n".join(filter(None, (line, origin(stored.turn.content))))
    return line
