"""What the guard says of a text. It never ends a conversation; it says what help stands beside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How near danger is. Few levels: finer ones are not told apart reliably by anybody."""

    NONE = "none"
    CONCERN = "concern"
    HIGH = "high"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for none."""
        return list(Level).index(self)


class Category(StrEnum):
    """What kind of danger."""

    SUICIDE = "suicide"
    SELF_HARM = "self_harm"
    HARM_TO_OTHERS = "harm_to_others"
    ABUSE = "abuse"
    MINOR_AT_RISK = "minor_at_risk"
    MEANS_SEEKING = "means_seeking"
    MEDICAL_EMERGENCY = "medical_emergency"


class Action(StrEnum):
    """What the app does next."""

    NONE = "none"
    ASK = "ask"
    """A direct, warm question; the card one click away."""
    CARD = "card"
    """A fixed reply; the card beside the conversation."""
    CARD_FIRST = "card_first"
    """The card before anything else."""
    WITHHOLD = "withhold"
    """The model's reply is not shown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The guard's judgement of one text."""

    level: Level
    categories: tuple[Category, ...]
    action: Action

    def plain(self) -> dict[str, object]:
        """Return it as the command line prints it (JSON)."""
        return {
            "level": self.level,
            "categories": list(self.categories),
            "action": self.action,
        }


NOTHING = Verdict(Level.NONE, (), Action.NONE)


ACTIONS = {
    Level.NONE: Action.NONE,
    Level.CONCERN: Action.ASK,
    Level.HIGH: Action.CARD,
    Level.EMERGENCY: Action.CARD_FIRST,
}
"""What follows from a person's message."""
