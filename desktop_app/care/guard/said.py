"""One message by itself, read once: what rules, classifiers and fixed words are decided by.

It is handed on from one to the next and let go of with the reply; nothing here is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from desktop_app.care.guard.reading import Reading, read
from desktop_app.care.guard.rules import Hit, hits, least
from desktop_app.care.guard.tokens import Tokens, tokens
from desktop_app.care.guard.verdict import Level

LONGEST: Final = 4000
"""Characters of a message that are read: its beginning and its end, half each."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A message, as rules and classifiers see it."""

    text: str = field(repr=False)
    """As it was written."""
    reading: Reading = field(repr=False)
    hits: tuple[Hit, ...] = field(repr=False)
    tokens: Tokens = field(repr=False)

    @classmethod
    def of(cls, message: str, *, alone: str = "core") -> Said:
        """Return a message, read; the arguments are those of `read`."""
        part = message
        if len(message) > LONGEST:
            part = f"{message[: LONGEST // 2]}\n{message[-LONGEST // 2 :]}"
        reading = read(part, alone=alone)
        return cls(message, reading, tuple(hits(reading)), tokens(reading.text))

    @property
    def told(self) -> Level:
        """Return the level that its words ask for, whatever it looks like as a whole."""
        return least(self.hits)

    @property
    def concepts(self) -> frozenset[str]:
        """Return what it speaks of."""
        return frozenset(name for clause in self.reading.clauses for name in clause.names())
