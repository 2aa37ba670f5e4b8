"""A conversation out of a line of `corpus.jsonl`: messages with roles, and no times."""

from __future__ import annotations

from typing import Any

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.import_own import text_of


def corpus_session(plain: dict[str, Any], name: str) -> CarriedSession:
    """Return the conversation of one line; a system text is no part of it.

    Raises:
        ValueError, TypeError, LookupError: it is of another shape.
    """
    said = [(Role(each["role"]), text_of(each["content"])) for each in plain["messages"]]
    spoken = [(role, text) for role, text in said if role is not Role.SYSTEM and text]
    turns = tuple(
        CarriedTurn(role, text, after=place - 1 if place else None)
        for place, (role, text) in enumerate(spoken)
    )
    topic = plain.get("topic")
    return CarriedSession(name, turns, "" if topic is None else text_of(topic))
