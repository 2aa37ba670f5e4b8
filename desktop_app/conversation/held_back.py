"""The guard at a reply: it is let through clause by clause, each judged with all before it.

So nothing that must not be said is on the screen for a moment, and the person still sees words
come. Where no mark parts the clauses, the last few characters wait.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_app.care.guard.verdict import NOTHING, Action, Verdict

_CLAUSE_END: Final = re.compile(r"[，。！？；：,!?;:\n]|\.(?=\s)")
HELD: Final = 12
"""Characters; where no mark comes, so many wait for what they may belong to."""
STEP: Final = 8
"""Characters; judging costs a millisecond, so where no mark comes not each is judged alone."""


class HeldBack:
    """Takes the pieces of one reply."""

    def __init__(self, told: Sequence[str]) -> None:
        """`told` is what the person has said, the message that is answered included."""
        self._told = told
        self._passed = ""
        self._waiting = ""
        self.verdict: Verdict = NOTHING
        """What stopped the reply, once something has."""
        self.faults: tuple[str, ...] = ()
        """The names of what is wrong with it (resources/guard/replies.toml)."""

    @property
    def stopped(self) -> bool:
        """Tell whether the reply is withheld from here on."""
        return self.verdict.action is Action.WITHHOLD

    def take(self, piece: str) -> str:
        """Return what may be shown now."""
        self._waiting += piece
        *_, end = (0, *(found.end() for found in _CLAUSE_END.finditer(self._waiting)))
        free = len(self._waiting) - HELD
        return self._let_through(free if free >= max(end, STEP) else end)

    def rest(self) -> str:
        """Return what may be shown of the end, for which no mark came."""
        return self._let_through(len(self._waiting))

    def _let_through(self, end: int) -> str:
        if self.stopped or end <= 0:
            return ""
        from desktop_app.care.guard.reply import faults, judge_reply  # noqa: PLC0415 - as in watch

        clause, whole = self._waiting[:end], self._passed + self._waiting
        verdict = judge_reply(whole, self._told)
        if verdict.action is Action.WITHHOLD:
            self.verdict = verdict
            self.faults = tuple(each.name for each in faults(whole, self._told))
            return ""
        self._passed += clause
        self._waiting = self._waiting[end:]
        return clause
