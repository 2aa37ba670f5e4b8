"""Whom a message in danger is about: the person, another, or one whom the person has to fear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.another import (
    OTHER,
    SEEN,
    speaks_of_own_death,
    tells_of_another,
    threatens_who_writes,
)
from desktop_app.care.guard.answers import Sign, tells
from desktop_app.care.guard.corrected import means_another
from desktop_app.care.guard.deeds import TO_THE_PERSON, Deed
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import Category, Level

if TYPE_CHECKING:
    from desktop_app.care.guard.heard import Heard
    from desktop_app.care.guard.standing import Standing

OTHERS: Final = {"other", "friend", "child", "parent", "people"}
"""Concepts that name somebody else."""


def whom_first(message: Heard, stand: Standing | None) -> list[str]:
    """Return whom to speak about before all else; empty where it is the person, and plain."""
    if means_another(message, stand):
        return [OTHER]
    if Deed.ALONG in message.says and not TO_THE_PERSON & message.says:
        return [Category.SUICIDE, Category.HARM_TO_OTHERS]
    if is_feared(message, stand):  # before any word about staying with somebody
        return [Category.ABUSE]
    if Deed.MEANT in message.says:
        return [Category.HARM_TO_OTHERS, Category.SUICIDE]
    of_another = stand is None or stand.about == OTHER
    bereaved = message.gone and of_another and not turns_to_oneself(message)
    # A brother with a knife who would die is in danger himself.
    armed = Deed.ARMED in message.says and tells_of_another(message.said)
    helps = message.another is not None or Deed.CHILDS in message.says
    stays = stand is not None and stand.about == OTHER and not turns_to_oneself(message)
    return [OTHER] if helps or bereaved or armed or stays else []


def is_near(message: str) -> bool:
    """Tell whether who is feared is there, or comes."""
    return tells(Sign.FEARED, message)


def turns_to_oneself(message: Heard) -> bool:
    """Tell whether who spoke of another speaks of their own danger: "he sent me" is not that."""
    if Told.SUICIDE in message.says:
        return True
    if SEEN in message.says:
        return False
    if speaks_of_own_death(message.said):  # "it won't stop bleeding" is said of whom one helps
        return message.of_self or not tells(Sign.BLEEDING, message.text)
    named = OTHERS & message.said.concepts
    return message.itself is not Level.NONE and message.of_self and not named


def of_oneself(message: Heard) -> bool:
    """Tell whether a helper speaks of their own death."""
    grave = message.itself.rank >= Level.HIGH.rank and message.of_self
    return message.another is None and (grave or Told.SUICIDE in message.says)


def is_feared(message: Heard, stand: Standing | None) -> bool:
    """Tell whether who speaks of dying, or did, is who the person has to be safe from."""
    own = Told.SUICIDE in message.says or speaks_of_own_death(message.said)
    done = {Deed.ATTACKED, Deed.THREATENED} & message.says
    if TO_THE_PERSON & message.says and not own and (done or not tells_of_another(message.said)):
        return True
    abused = stand is not None and stand.about == Category.ABUSE
    if abused and not own and tells(Sign.HIDDEN, message.text):
        return True  # a classifier hears despair in the locked bathroom
    if message.another is not None:
        return abused
    if stand is None:
        return tells_of_another(message.said) and threatens_who_writes(message.said)
    if stand.about != OTHER or Told.SUICIDE in message.says:
        return False
    told = {Told.VIOLENCE, Told.UNSAFE, Told.ASSAULT} & message.says
    return (bool(told) and not own) or threatens_who_writes(message.said)
