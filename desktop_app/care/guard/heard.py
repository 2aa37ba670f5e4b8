"""A message, and what is known of it before the talk it stands in is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.care.guard.another import GONE
from desktop_app.care.guard.answers import Sign, short, tells
from desktop_app.care.guard.plain import plain
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import Level, Verdict


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and what is known of it before the talk it stands in is looked at."""

    said: Said
    verdict: Verdict
    """With the history."""
    own: Verdict
    """By itself."""
    another: Level | None = None
    """How near another person's danger is; None where the person speaks of themselves."""
    ordinary: bool = True
    """Nothing at all in it speaks for danger."""
    says: frozenset[str] = frozenset()
    """What it says in so many words (told.py)."""
    feared: frozenset[str] | None = None
    """Who does violence to them, by all they said (company.py)."""
    calm_before: bool = False
    """The message before it told of something, and of no danger."""
    bereaved: bool = False
    """Another's death was told, in it or before."""
    own_before: bool = False
    """One of those before it told of the death of who writes."""

    @property
    def text(self) -> str:
        """Return it as it was written."""
        return self.said.text

    @property
    def plain(self) -> str:
        """Return it in plain words, idioms and all."""
        return plain(self.text)

    @property
    def of_self(self) -> bool:
        """Tell whether it names the person themselves."""
        return "self" in self.said.concepts

    @property
    def gone(self) -> bool:
        """Tell whether it tells that another has died by their own hand."""
        return GONE in self.says

    @property
    def itself(self) -> Level:
        """How grave it is without what it answers: of a few words only these words tell that."""
        return self.said.told if short(self.text) else self.own.level

    @property
    def of_the_body(self) -> bool:
        """Tell whether it tells of a body in danger."""
        return Told.SWALLOWED in self.says or tells(Sign.SYMPTOM, self.text)
