"""A history with times at the end of the calendar, as an earlier program took them in."""

from __future__ import annotations

import time

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.merge import merge
from desktop_app.vault.vault import Vault

FAR = 253_402_300_799_999
"""The last millisecond of the year 9999."""
ZONES = ("Asia/Shanghai", "America/New_York")


def at_the_end_of_the_calendar(vault: Vault, session: str) -> None:
    """Bring in a conversation of two turns; its message has a word no other has."""
    turns = (
        CarriedTurn(Role.USER, "萤火虫睡不着。", created=FAR),
        CarriedTurn(Role.ASSISTANT, "从什么时候开始的？", created=FAR, after=0),
    )
    merge(vault.database, [CarriedSession(session, turns, created=FAR)], int(time.time() * 1000))
