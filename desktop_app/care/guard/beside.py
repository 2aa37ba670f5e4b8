"""What a person in danger says beside an answer to what was asked, and what is said to that.

They made it safer, say that somebody came, deny that they want to die, want no call, ask about a
hospital, or promise what they were asked for. Each has words of its own, because the next ones of
the same urging would show that nobody listened.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from desktop_app.care.guard.another import OTHER
from desktop_app.care.guard.answers import (
    Sign,
    ends_with,
    is_wholly,
    rest_after,
    tells,
    tells_of,
)
from desktop_app.care.guard.company import HARMED
from desktop_app.care.guard.standing import Standing
from desktop_app.care.guard.to_answer import BELIEVED, MAKES_SURE, TO_ONESELF, Words
from desktop_app.care.guard.told import Told
from desktop_app.care.guard.verdict import Category, Level

DOABLE: Final = {"means", "help", "leave", "tell"}
"""Questions for something that helps: who says "I will do it" means that."""
EASED: Final[dict[str, tuple[str, ...]]] = {
    Category.SUICIDE: ("care", "arrived", "means", "place", "told", "line"),
    Category.SELF_HARM: ("care", "arrived", "means", "place", "told", "line"),
    Category.MEDICAL_EMERGENCY: ("care", "arrived"),
    Category.HARM_TO_OTHERS: ("arrived", "means", "place", "told"),
    Category.ABUSE: ("care", "arrived", "told"),
    OTHER: ("safe", "saved", "care", "arrived", "means"),
}
"""What makes each danger less: a home is no safe place from who lives there, and what was
swallowed is not put away."""

HANDED_OVER: Final = ("care", "arrived")
"""Ways in which others look after another who was in danger."""
AFTER_SWALLOWING: Final = (*HANDED_OVER, "saved")
"""What is relief where another has swallowed something: not that they sleep, or wake."""
PLACED: Final = Sign.PLACED
"""Told in the talk: without it, "I am home" is no way back from anywhere."""
INGESTED: Final = Sign.INGESTED
"""Told in the talk: sleep and waking are no relief after it, for it works on."""


def said_beside(plain: str, stand: Standing, says: Collection[str]) -> list[Words]:
    """Return what fits `plain` (a message in plain words), first what fits best."""
    return (
        _of_hospital(plain, stand)
        or _of_ease(plain, stand, says)
        or _of_a_call(plain, stand)
        or (_to_the_question(plain, stand) if stand.fresh else [])
        or (_of_denial(plain, stand, says) if stand.fresh else [])
    )


def _of_hospital(plain: str, stand: Standing) -> list[Words]:
    """Return what is said of a hospital where something was swallowed."""
    if stand.about != Category.MEDICAL_EMERGENCY:
        return []
    if tells(Sign.HOSPITAL, plain):
        return [("hospital", "asked")]
    return [("hospital", "unwilling")] if _wants_none(plain) else []


def _of_ease(plain: str, stand: Standing, says: Collection[str]) -> list[Words]:
    """Return what is said to who tells that the danger is less."""
    kind = made_safer(plain, stand, says)
    if kind is None:
        return []
    if stand.about != OTHER:
        return [("eased", kind), ("eased", "any")]
    abouts = sorted((OTHER, "other_care"), key=lambda one: (one == OTHER) is (kind in HANDED_OVER))
    return [("eased", about) for about in abouts]


def _of_a_call(plain: str, stand: Standing) -> list[Words]:
    """Return what is said to who wants nobody to be called for themselves."""
    grave = stand.level.rank >= Level.HIGH.rank and stand.about in TO_ONESELF
    return [("unwilling", "call")] if grave and _wants_none(plain) else []


def _wants_none(plain: str) -> bool:
    return tells_of(Sign.UNWILLING, plain, ("call", "hospital"))


def _to_the_question(plain: str, stand: Standing) -> list[Words]:
    """Return what is said to what answers the last words, and is no yes or no."""
    if stand.last.asks == "tell" and tells(Sign.UNTOLD, plain):
        return [("untold", "company")]
    if stand.last.asks == "means" and is_wholly(Sign.CONSENTS, plain):
        return [("agreed", "means")]
    thanks = stand.last.on in MAKES_SURE and is_wholly(Sign.THANKS, plain)
    return [BELIEVED] if thanks else []  # it was asked once more, and they have nothing to add


def _of_denial(plain: str, stand: Standing, says: Collection[str]) -> list[Words]:
    """Return what is said to who denies that they want to die."""
    if stand.about != Category.SUICIDE or Told.SUICIDE in says or not denies_dying(plain):
        return []
    sure = stand.level is Level.CONCERN or stand.last.on in MAKES_SURE
    return [BELIEVED] if sure else [("checked", "no"), BELIEVED]


def made_safer(plain: str, stand: Standing, says: Collection[str]) -> str | None:
    """Return in which way the danger that stands is told to be less; None where it is not.

    Args:
        plain: the message in plain words.
        stand: the danger that stands.
        says: what the talk has told.
    """
    if stand.level.rank < Level.HIGH.rank or tells(Sign.NEAR, plain):
        return None
    if rescued(plain, stand, says):
        return "rescued"
    kinds = EASED.get(stand.about, ())
    if stand.about == OTHER and INGESTED in says:
        kinds = AFTER_SWALLOWING
    elif stand.about != Category.HARM_TO_OTHERS and PLACED not in says:
        kinds = tuple(kind for kind in kinds if kind != "place")
    return _eased(plain, kinds)


def in_care(plain: str, says: Collection[str]) -> bool:
    """Tell whether who writes is treated already and speaks of no wish to die."""
    return (
        _eased(plain, ("care",)) is not None
        and not {Told.SUICIDE, Told.WOULD_KILL, Told.ARMED} & set(says)
        and not tells(Sign.DARK, plain)
        and not tells(Sign.NEAR, plain)
    )


def rescued(plain: str, stand: Standing, says: Collection[str]) -> bool:
    """Tell whether known helpers got who writes away from their own death, and no more is said.

    Who is held after they swallowed something is in no less danger; nor is who may be held by the
    one who does violence to them.
    """
    if stand.about != Category.SUICIDE or {INGESTED, HARMED} & set(says):
        return False
    kinds = ("off", "held") if PLACED in says else ("held",)
    return any(is_wholly(Sign.EASED, plain, kind) for kind in kinds)


def _eased(plain: str, kinds: Collection[str]) -> str | None:
    if tells_of(Sign.EASED, plain, ("any",), how="unless"):
        return None
    # What was put away is no relief where it was fetched again.
    barred = {kind for kind in kinds if tells_of(Sign.EASED, plain, (kind,), how="unless")}
    found = (kind for kind in kinds if kind not in barred)
    return next((kind for kind in found if ends_with(Sign.EASED, plain, kind)), None)


def denies_dying(plain: str) -> bool:
    """Tell whether it begins with a denial, and what follows speaks of no death and no despair.

    What is denied for tonight only is not denied.
    """
    rest = rest_after(Sign.DENIAL, plain)
    if rest is None or tells(Sign.HEDGED, plain):
        return False
    return not tells(Sign.DARK, rest) and not tells(Sign.DESPAIR, rest)


def consents(plain: str, stand: Standing) -> bool:
    """Tell whether it only promises what was asked for."""
    return stand.fresh and stand.last.asks in DOABLE and is_wholly(Sign.CONSENTS, plain)


def speaks_of_help(plain: str) -> bool:
    """Tell whether it speaks of who came, was told or treats them, whatever came of it."""
    return tells_of(Sign.EASED, plain, (*HANDED_OVER, "told", "line"))


def names_plan(plain: str) -> bool:
    """Tell whether it says how, or that there is no plan: neither need be asked."""
    return tells(Sign.PLANNED, plain)
