"""The guard at a reply: it is let through clause by clause, each judged with all before it.

So nothing that must not be said is on the screen for a moment, and the person still sees words
come. Where no mark parts the clauses, the last few characters wait. What seems wrong waits for its
sentence's end, because what follows may make it good: "the pills are there, so hand them over".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.verdict import NOTHING, Action, Verdict

if TYPE_CHECKING:
    from desktop_app.care.guard.reply_classifier import Heard

_CLAUSE_END: Final = re.compile(r"[，。！？；：,!?;:\n]|\.(?=\s)")
_SENTENCE_END: Final = re.compile(r"[。！？；!?;\n…]|\.(?=\s)")
HELD: Final = 12
"""Characters; where no mark comes, so many wait for what they may belong to."""
STEP: Final = 8
"""Characters; judging costs milliseconds, so where no mark comes not each is judged alone."""
READ_AGAIN: Final = 2
"""Whole sentences before the one that comes: no judgement of a sentence looks further back."""


class HeldBack:
    """Takes the pieces of one reply."""

    def __init__(self, told: Sequence[str]) -> None:
        """`told` is what the person has said, the message that is answered included."""
        self._told = told
        self._passed = ""
        """The end of what was let through."""
        self._waiting = ""
        self._in_doubt = False
        self._heard: Heard | None = None
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
        shown = self._let_through(_last(_SENTENCE_END, self._waiting), over=True)
        if self._in_doubt:
            return shown
        end, free = _last(_CLAUSE_END, self._waiting), len(self._waiting) - HELD
        return shown + self._let_through(free if free >= max(end, STEP) else end)

    def rest(self) -> str:
        """Return what may be shown of the end, for which no mark came."""
        return self._let_through(len(self._waiting), over=True)

    def _let_through(self, end: int, *, over: bool = False) -> str:
        """Return so much of what waits, if it is good; `over` where a sentence ends there."""
        if self.stopped or end <= 0:
            return ""
        from desktop_app.care.guard.reply import faults, judge_reply  # noqa: PLC0415 - as in watch
        from desktop_app.care.guard.reply_classifier import Heard  # noqa: PLC0415 - numpy

        self._heard = self._heard or Heard()
        clause = self._waiting[:end]
        whole = self._passed + (clause if over else self._waiting)
        verdict = judge_reply(whole, self._told, self._heard)
        self._in_doubt = verdict.action is Action.WITHHOLD
        if self._in_doubt:
            if over:
                self.verdict = verdict
                self.faults = tuple(each.name for each in faults(whole, self._told, self._heard))
            return ""
        self._passed = _last_sentences(self._passed + clause)
        self._waiting = self._waiting[end:]
        return clause


def _last(mark: re.Pattern[str], text: str) -> int:
    """Return where the last of these marks ends, 0 where there is none."""
    *_, end = (0, *(found.end() for found in mark.finditer(text)))
    return end


def _last_sentences(text: str) -> str:
    """Return the end of `text` that is read again with what follows."""
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    return text[ends[-READ_AGAIN - 1] :] if len(ends) > READ_AGAIN else text
