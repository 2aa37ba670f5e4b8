"""Conversations out of our own JSON export, every version of them."""

from __future__ import annotations

from typing import Any, Final

from desktop_app.dialogue import Role, TurnState
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.export import FORMAT, VERSION
from desktop_app.vault.sessions import SESSION_ID, SURROGATE

__all__ = ["FORMAT", "own_sessions", "text_of", "time_of"]

NO_TIME: Final = 0
"""1970-01-01T00:00:00Z to the millisecond: what a counter holds that nobody set."""
NO_DAY: Final = 253_402_214_400_000
"""The calendar's last day, 9999-12-31, in milliseconds since 1970: other programs write it
for "never", and by a clock east of Greenwich it is in no year that can be said."""


def own_sessions(plain: dict[str, Any]) -> list[CarriedSession]:
    """Return the conversations of an export.

    Raises:
        ValueError, TypeError, LookupError: it is of another version or shape.
    """
    if plain["version"] != VERSION:
        raise ValueError("another version")
    return [_session(each) for each in plain["sessions"]]


def _session(plain: dict[str, Any]) -> CarriedSession:
    name = text_of(plain["id"])
    if SESSION_ID.fullmatch(name) is None:
        raise ValueError("no id of ours")
    turns = tuple(_turn(each, place) for place, each in enumerate(plain["turns"]))
    return CarriedSession(name, turns, text_of(plain["title"]), time_of(plain["created"]))


def _turn(plain: dict[str, Any], place: int) -> CarriedTurn:
    after, chosen = plain["after"], plain["chosen"]
    if not isinstance(chosen, bool):
        raise TypeError("not a truth value")
    if after is not None and not (type(after) is int and 0 <= after < place):
        raise ValueError("it follows nothing that came before it")
    role = Role(plain["role"])
    if role is Role.SYSTEM:
        raise ValueError("nobody says that in a history")
    return CarriedTurn(
        role,
        text_of(plain["content"]),
        TurnState(plain["state"]),
        time_of(plain["created"]),
        after,
        chosen,
    )


def text_of(plain: object) -> str:
    """Return `plain`; raises where it is no text (JSON can escape half a surrogate pair)."""
    if not isinstance(plain, str):
        raise TypeError("not a text")
    if SURROGATE.search(plain):
        raise ValueError("not a text")
    return plain


def time_of(plain: object) -> int | None:
    """Return milliseconds since 1970; None for what is no time, though it has the form of one.

    Raises where they are in no year a calendar knows.
    """
    if plain is None:
        return None
    if type(plain) is not int:
        raise TypeError("not a time")
    if not 0 <= plain < 253_402_300_800_000:  # the year 10000
        raise ValueError("not a time")
    return plain if NO_TIME < plain < NO_DAY else None
