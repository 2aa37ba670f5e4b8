"""Danger that a rule tells: what matched, and in which state it stood there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.care.guard.data import is_latin, table
from desktop_app.care.guard.reading import Clause, Reading, negated
from desktop_app.care.guard.verdict import Category, Level

LIGHT: Final = {True: 80, False: 40}
"""Characters, of Latin and other text: laughter makes light of a short message only."""

TASKS: Final = {"work", "tech", "play", "food", "sport"}
"""What somebody may be unable to go on with, and live."""
DIRE: Final = {"suicide", "die", "kill", "selfharm", "method"}
FELT: Final = {"want", "pain", "nopoint", "burden", "life", "bye", "plan"}
BRIEF: Final = 60
"""Characters: a message that holds a denial and hardly anything else."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `resources/guard/rules.toml`."""

    name: str
    level: Level
    categories: tuple[Category, ...]
    unless: frozenset[str]
    wish: bool
    """It hears a wish, not a plan or an act: no score for emergencies speaks against it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and what its matches are barred by; empty states for one that counts."""

    rule: Rule
    states: frozenset[str]
    clause: int = 0
    """The number of the clause it matched in."""

    @property
    def counts(self) -> bool:
        """Tell whether the rule speaks of danger here."""
        return not self.states & self.rule.unless

    @property
    def level(self) -> Level:
        """The least level that follows: another person's danger is a concern."""
        if self.counts:
            return self.rule.level
        of_another = self.states & self.rule.unless == {"other"}
        return Level.CONCERN if of_another and self.rule.level is not Level.NONE else Level.NONE


def hits(reading: Reading) -> Iterator[Hit]:
    """Yield every match of every rule."""
    short = len(reading.text) < LIGHT[is_latin(reading.text)]
    laughs = short and any("laugh" in clause.names() for clause in reading.clauses)
    rules = _rules()
    task = any(TASKS & clause.names() for clause in reading.clauses)
    for number, clause in enumerate(reading.clauses):
        for name, place in clause.rules:
            states = set(_states(clause))
            if laughs:
                states.add("laugh")
            if task and "task" in rules[name].unless:
                states.add("task")
            if negated(clause.text, place):
                states.add("negated")
            if reading.person_before(number, place) not in {None, "self"}:
                states.add("other")
            yield Hit(rules[name], frozenset(states), number)


def _states(clause: Clause) -> Iterator[str]:
    names = clause.names()
    if names & {"past"} and "now" not in names:
        yield "past"
    if names & {"media", "quote"}:
        yield "media"


@cache
def _rules() -> dict[str, Rule]:
    return {
        plain["name"]: Rule(
            name=plain["name"],
            level=Level(plain["level"]),
            categories=tuple(map(Category, plain["categories"])),
            unless=frozenset(plain["unless"]),
            wish=plain.get("wish", False),
        )
        for plain in table("rules")["rule"]
    }


def least(found: Sequence[Hit]) -> Level:
    """Return the level that the rules ask for at least."""
    return max((hit.level for hit in found), key=lambda level: level.rank, default=Level.NONE)


OF_ANOTHER: Final = "anothers"
"""The rule that hears of another person's danger, which is not known to be happening now."""
IMMINENT: Final = {"method", "when_set", "ready", "we"}
"""What says that it is, or that the person goes too: "so do I, tonight"."""


def most(reading: Reading, found: Sequence[Hit]) -> Level:
    """Return the level that the classifier may reach: words that are all barred are no danger.

    A denial and a film are not of concern by themselves, what is over or another person's is not
    high. A long message says more than its words of danger.
    """
    spoken = [hit for hit in found if hit.rule.level is not Level.NONE]
    counted = [hit for hit in found if hit.counts]
    if counted:
        told = all(hit.rule.name == OF_ANOTHER for hit in counted)
        named = {name for clause in reading.clauses for name in clause.names()}
        return Level.CONCERN if told and not named & IMMINENT else Level.EMERGENCY
    if not spoken:
        return Level.NONE if _told_of_others_work(reading) else Level.EMERGENCY
    harmless = all(hit.states & {"negated", "media"} for hit in spoken)
    return Level.NONE if harmless and len(reading.text) < BRIEF else Level.CONCERN


def _told_of_others_work(reading: Reading) -> bool:
    """Tell whether death is spoken of in a film, a book or an essay, and nothing else is felt."""
    dire = [clause.names() for clause in reading.clauses if clause.names() & DIRE]
    felt = any(clause.names() & FELT for clause in reading.clauses)
    return bool(dire) and not felt and all("media" in names for names in dire)
