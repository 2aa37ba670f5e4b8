"""What is done or meant between the person and others, in so many words: `deeds.toml` as data.

These words alarm by themselves. They also say on which side the person stands: who was struck is
never spoken to as who strikes, nor as who wants to die, and the other way about.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.reading import Reading, negated
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict


class Deed(StrEnum):
    """What is done or meant."""

    STRUCK = "struck"
    """The person has hurt somebody."""
    STRUCK_BADLY = "struck_badly"
    ATTACKED = "attacked"
    """Somebody's hands or weapon at the person's body."""
    ARMED = "other_armed"
    """Somebody else rages with a weapon."""
    UNSAFE = "unsafe_home"
    """The person is not safe where they are, or not from somebody."""
    THREATENED = "threatened"
    """Somebody says that they will kill the person."""
    MANY = "many"
    """Death for many is spoken of."""
    MEANT = "intends"
    """It is meant to be done."""
    SET_OUT = "means"
    """It has its means or its time."""
    WITNESSED = "witnessed"
    """Somebody does violence to one of the person's family."""
    DEFENDED = "defended"
    """They struck who hurt them."""
    BABY = "baby"
    """The person is afraid of hurting a small child of theirs."""
    BABY_MEANT = "baby_meant"
    """Or would."""
    MUCH = "swallowed_much"
    """The person has swallowed what no one is told to take."""
    CHILDS = "child_swallowed"
    """A child has swallowed what is not meant for it."""
    ALONG = "along"
    """The person's own death, and that of those who depend on them."""


TO_THE_PERSON: Final = frozenset(
    {Deed.ATTACKED, Deed.ARMED, Deed.THREATENED, Deed.UNSAFE, Deed.WITNESSED, Deed.DEFENDED}
)
TO_THEIR_BABY: Final = frozenset({Deed.BABY, Deed.BABY_MEANT})
OF_A_BODY: Final = frozenset({Deed.MUCH, Deed.CHILDS})
LEAST: Final = {
    Deed.STRUCK: (Level.CONCERN, Category.HARM_TO_OTHERS),
    Deed.STRUCK_BADLY: (Level.HIGH, Category.HARM_TO_OTHERS),
    Deed.ATTACKED: (Level.HIGH, Category.ABUSE),
    Deed.ARMED: (Level.EMERGENCY, Category.ABUSE),
    Deed.THREATENED: (Level.CONCERN, Category.ABUSE),
    Deed.UNSAFE: (Level.CONCERN, Category.ABUSE),
    Deed.MANY: (Level.CONCERN, Category.HARM_TO_OTHERS),
    Deed.MEANT: (Level.HIGH, Category.HARM_TO_OTHERS),
    Deed.SET_OUT: (Level.EMERGENCY, Category.HARM_TO_OTHERS),
    Deed.WITNESSED: (Level.HIGH, Category.ABUSE),
    Deed.DEFENDED: (Level.HIGH, Category.ABUSE),
    Deed.BABY: (Level.CONCERN, Category.HARM_TO_OTHERS),
    Deed.BABY_MEANT: (Level.HIGH, Category.HARM_TO_OTHERS),
    Deed.MUCH: (Level.EMERGENCY, Category.MEDICAL_EMERGENCY),
    Deed.CHILDS: (Level.EMERGENCY, Category.MEDICAL_EMERGENCY),
    Deed.ALONG: (Level.HIGH, Category.SUICIDE),
}
"""How grave each is at least, and what it is about."""
WHOLE: Final = (Deed.THREATENED, Deed.ALONG, "thrust_off")
"""Looked for over the message, idioms left in: "kill them and then myself" is two clauses."""
_AS_SAID: Final = {
    *("attacked", "other_armed", "threatened", "unsafe_home", "witnessed"),
    *("many", "along", "baby", "baby_meant", "swallowed_much", "child_swallowed"),
}
_WITH: Final = {
    "other_armed": ("raging",),
    "along_veiled": ("death_near",),
    "thrust_off": ("shoved", "defended"),
    "shoved": ("came_of_it",),
    "struck_too": ("in_rage",),
}
"""What means something only where the message says something else, too."""


def deeds_in(reading: Reading) -> frozenset[Deed]:
    """Return what a message tells of.

    Who defends themselves has struck nobody; but no child is struck in defence, and who was hit
    back had begun.
    """
    names = [clause.names() for clause in reading.clauses]
    if any("laugh" in each for each in names):
        return frozenset()
    barred = {name for name, _ in _unless().found_in(reading.worded)}
    found: set[str] = set()
    for clause, concepts in zip(reading.clauses, names, strict=True):
        if concepts & {"media", "quote"} or ("past" in concepts and "now" not in concepts):
            continue
        found |= {
            name
            for name, place in _words().found_in(clause.text)
            if not negated(clause.text, place)
        }
    found |= {
        name
        for name, place in _whole().found_in(reading.worded)
        if not negated(reading.worded, place)
    }
    found = {name for name in found if name not in barred}
    for name, needed in _WITH.items():
        if not found.issuperset(needed):
            found.discard(name)
    if found & {"thrust_off", "shoved", "struck_too"}:
        found.add("struck")
    return frozenset(_drawn_from(found))


def attacked_in(reading: Reading) -> frozenset[int]:
    """Return the clauses in which somebody's weapon or hands are at the person's body."""
    if Deed.ATTACKED not in deeds_in(reading):
        return frozenset()
    return frozenset(
        number
        for number, clause in enumerate(reading.clauses)
        if any(name == Deed.ATTACKED for name, _ in _words().found_in(clause.text))
    )


def weighed(verdict: Verdict, deeds: frozenset[Deed], *, own_death: bool, harmed: bool) -> Verdict:
    """Return `verdict`, no lower than the deeds ask for, and about what they are about.

    Args:
        verdict: what rules and classifiers say.
        deeds: those of the message.
        own_death: the person speaks of dying themselves.
        harmed: somebody does violence to them.
    """
    if not deeds:
        return verdict
    level = max([verdict.level, *(LEAST[one][0] for one in deeds)], key=lambda one: one.rank)
    about = {LEAST[one][1] for one in deeds}
    if Deed.ALONG in deeds:
        about.add(Category.HARM_TO_OTHERS)
    kept = set(verdict.categories)
    if (
        not own_death and not deeds <= OF_A_BODY
    ):  # "kill", a knife and a throat are not the person's own here
        kept -= {Category.SUICIDE, Category.SELF_HARM, Category.MEANS_SEEKING}
    if deeds & TO_THE_PERSON:
        kept.discard(Category.HARM_TO_OTHERS)
    elif not harmed:
        kept.discard(Category.ABUSE)
    return Verdict(level, tuple(one for one in Category if one in kept | about), ACTIONS[level])


def _drawn_from(found: set[str]) -> set[Deed]:
    deeds = {Deed(name) for name in found & _AS_SAID}
    if "struck" in found and "defended" in found and not found & {"struck_child", "struck_first"}:
        deeds.add(Deed.DEFENDED)
    elif "struck" in found:
        deeds |= {Deed.STRUCK, Deed.STRUCK_BADLY} if "struck_badly" in found else {Deed.STRUCK}
    if "along_veiled" in found:
        deeds.add(Deed.ALONG)
    if Deed.MANY in deeds and "intends" in found:
        deeds |= {Deed.MEANT, Deed.SET_OUT} if "means" in found else {Deed.MEANT}
    return deeds


@cache
def _words() -> Words:
    words = table("deeds")["words"]
    return Words.of({name: words[name] for name in words if name not in WHOLE})


@cache
def _whole() -> Words:
    return Words.of({name: table("deeds")["words"][name] for name in WHOLE})


@cache
def _unless() -> Words:
    return Words.of(table("deeds")["unless"])
