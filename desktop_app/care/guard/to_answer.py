"""What is said to a short answer of itself, whatever danger stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from desktop_app.care.guard.another import OTHER
from desktop_app.care.guard.answers import OF_PEOPLE, Answer, Sign, says_safe, short, tells
from desktop_app.care.guard.company import comes_instead, got_away
from desktop_app.care.guard.fixed_replies import FixedReply, first_unheard
from desktop_app.care.guard.standing import Standing
from desktop_app.care.guard.told import Told, plainly
from desktop_app.care.guard.verdict import Category, Level

TO_ONESELF: Final = (Category.SUICIDE, Category.SELF_HARM, Category.MEDICAL_EMERGENCY)
MAKES_SURE: Final = {"checked", "retracted"}
"""Replies that ask once more: a no to them is believed."""
BELIEVED: Final = ("denied", "any")

Words = tuple[str, str]
"""An occasion, and what is spoken about."""


def reply_to(
    answer: Answer | None,
    message: str,
    stand: Standing,
    already: Collection[str],
    told: Collection[str],
    *,
    feared: frozenset[str] | None = None,
) -> FixedReply | None:
    """Return what is said to `answer`; None where the danger that stands is spoken of.

    Args:
        answer: how `message` answers what was asked last.
        message: the person's.
        stand: the danger that stands.
        already: ids of fixed replies heard.
        told: what was told in this talk (told.toml).
        feared: who does violence to the person (company.py).
    """
    fitting = (
        _of_danger(answer, message, stand)
        or _of_safety(answer, message, stand, assaulted=Told.ASSAULT in told, feared=feared)
        or _instead_of_company(answer, message, stand, feared)
        or _of_people(answer, message, stand)
    )
    said = (first_unheard(on, [about], already, told) for on, about in fitting)
    return next((each for each in said if each is not None), None)


def _of_danger(answer: Answer | None, message: str, stand: Standing) -> list[Words]:
    """Return what is said to who denies danger, or does not want to speak of it."""
    match answer:
        case Answer.REFUSES:
            return [("refused", "any")]
        case Answer.JOKES:
            angry = [("retracted", str(Category.HARM_TO_OTHERS)), BELIEVED]
            return angry if stand.about == Category.HARM_TO_OTHERS else [("retracted", "any")]
        case Answer.FINE | Answer.PAST:
            return _once_more(answer, stand)
        case Answer.DENIES:
            return _once_more(Answer.NO, stand)
        case Answer.NO if stand.last.asks == "danger":
            plain_before = stand.about == Category.SUICIDE and stand.level is not Level.CONCERN
            return _once_more(answer, stand) if plain_before and _bare(message) else [BELIEVED]
        case _:
            return []


def _bare(message: str) -> bool:
    """Tell whether a no stands alone: "no, I am only tired" and "really not" say more."""
    if message.strip().lower().startswith(plainly("insists")):
        return False
    return short(message) and not {",", "，", "。"} & set(message.strip("。 "))


def _once_more(answer: Answer, stand: Standing) -> list[Words]:
    """Return one more question about danger, where none was asked yet; else the answer holds."""
    if stand.last.on in MAKES_SURE or stand.about == Category.HARM_TO_OTHERS:
        return [BELIEVED]  # the words that make sure ask about dying
    return [("checked", answer), BELIEVED]


def _of_safety(
    answer: Answer | None,
    message: str,
    stand: Standing,
    *,
    assaulted: bool,
    feared: frozenset[str] | None,
) -> list[Words]:
    """Return what is said to who is safe or is not; after rape there is more to say than that."""
    away = stand.about == Category.ABUSE and stand.fresh and got_away(message, feared)
    if away and not assaulted:
        return [("settled", "any")]
    if stand.last.asks != "safety":
        said = stand.about == Category.ABUSE and not assaulted and stand.fresh
        return [("settled", "any")] if said and says_safe(message) else []
    if assaulted:
        return [("unsafe", "abuse")] if answer in {Answer.NO, Answer.UNSURE} else []
    return [("settled", "any")] if answer is Answer.YES else []


def _instead_of_company(
    answer: Answer | None, message: str, stand: Standing, feared: frozenset[str] | None
) -> list[Words]:
    """Return what is said where the one who is there is nobody to call."""
    asked = stand.last.asks == "company" or answer is not Answer.YES
    instead = comes_instead(answer, message, feared) if asked else None
    if instead is None or stand.about not in TO_ONESELF:
        return []
    return [("nearby", instead), ("staying", stand.about), ("staying", "any")]


def _of_people(answer: Answer | None, message: str, stand: Standing) -> list[Words]:
    """Return what is said to who tells that somebody is there, or called."""
    asks = stand.last.asks
    on = about = ""
    match answer:
        case Answer.YES if asks in OF_PEOPLE:
            on, about = "helped", asks
        case Answer.YES | Answer.AGREES if asks == "means":
            on, about = "agreed", asks
        case Answer.CALLED:
            on, about = "helped", "help"
        case Answer.ACCOMPANIED:
            on, about = "helped", "company"
        case Answer.AGREES if asks in OF_PEOPLE:
            on, about = "agreed", asks
        case Answer.NEARBY:
            on, about = "nearby", "company"
    if about == "company" and stand.about not in TO_ONESELF:
        return []  # who comes may be who is feared
    if (on, about) == ("helped", "company"):
        return _of_company(message)
    if (on, about) == ("helped", "help") and stand.about == OTHER:
        about = OTHER
    return [(on, about)] if on else []


def _of_company(message: str) -> list[Words]:
    """Return what is said to who is with somebody: a child is to watch over nobody."""
    company = ("helped", "company")
    if tells(Sign.CHILD, message):
        return [("helped", "child"), company]
    return [company] if tells(Sign.COMING, message) else [company, ("eased", "arrived")]
