"""What an exported file says of conversations and messages, in every form that is read by eye."""

from __future__ import annotations

from typing import Final

from desktop_app.dialogue import Role, TurnState
from desktop_app.local_time import local
from desktop_app.vault import records
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from resources.messages import sentence

SPEAKERS: Final = {
    Role.USER: "export.user",
    Role.ASSISTANT: "export.assistant",
    Role.SYSTEM: "export.system",
}


def heading(session: CarriedSession) -> str:
    """Return a conversation's title, or when it was."""
    return " ".join(session.title.split()) or moment(session.created)


def moment(milliseconds: int | None) -> str:
    """Return a time by this computer's clock; nothing where none is known."""
    if milliseconds is None:
        return ""
    return f"{local(records.moment(milliseconds)):%Y-%m-%d %H:%M}"


def ending(turn: CarriedTurn) -> str:
    """Return what is to be said of how a turn ended."""
    if turn.state in {TurnState.COMPLETE, TurnState.GROWING}:
        return ""
    return sentence("talk.mark", state=sentence(f"message_state.{turn.state}"))


def speaker(turn: CarriedTurn) -> str:
    """Return who speaks."""
    return sentence(SPEAKERS[turn.role])
