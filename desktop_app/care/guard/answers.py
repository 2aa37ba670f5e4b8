"""What a short message says to the question before it: `resources/guard/answers.toml` as data.

"Yes", "tonight" and "with pills" hold no danger by their own words; only together with what was
asked do they.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

_BLANKS: Final = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_ENDS: Final = " \t\n.,!?;:~…。，、！？；：～\"'()“”"
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[a-z0-9]+")
_PIECES: Final = re.compile(r"[,，。.!！?？;；…\n]+| (?:and|but|then) ")
SHORT_HAN: Final = 9
SHORT_WORDS: Final = 5
"""A message of no more characters, or words, is read as an answer, not as another subject."""
LONG_HAN: Final = 11
LONG_WORDS: Final = 8
"""A message of more than that tells of something."""


OF_DANGER: Final = {"danger", "plan"}
OF_PEOPLE: Final = {"company", "help"}


class Answer(StrEnum):
    """How a message answers."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    REFUSES = "refuses"
    """It asks not to be asked, or not to be talked round."""
    JOKES = "jokes"
    """It takes back what was said."""
    CALLED = "called"
    ACCOMPANIED = "accompanied"
    AGREES = "agrees"
    """A yes, or only a sign that it was read; it names nobody and nothing."""
    NEARBY = "nearby"
    """Somebody is close by, and not with the person."""
    FINE = "fine"
    """No danger, said beside the question."""
    PAST = "past"
    """It was so, and is no more."""
    DENIES = "denies"
    """No danger at all, where only its nearness was asked about."""


class Sign(StrEnum):
    """What a message tells while danger stands, whatever was asked."""

    SYMPTOM = "symptom"
    WOUND = "wound"
    LEAVING = "leaving"
    NEAR = "near"
    """A deed that begins."""
    WHEN = "when"
    """A time close by, and hardly anything else."""
    BLEEDING = "bleeding"
    UNREACHED = "unreached"
    """Another cannot be reached."""
    DARK = "dark"
    """It speaks of dying or of no way on, whatever "no" stands before it."""
    FAILING = "failing"
    """A body that gives way, of whoever is spoken of."""
    ELSEWHERE = "elsewhere"
    SAFETY = "safety"
    """Safety is named."""
    FEARED = "feared"
    """Who did it is there, or comes."""
    FEARED_NOW = "feared_now"
    """The same, at this moment."""
    HIDDEN = "hidden"
    """Out of the way of who is feared."""
    PLACED = "placed"
    """A place where one could die."""
    INGESTED = "ingested"
    """Something was swallowed, by whomever."""
    AWAY = "away"
    """With others, away from who is feared."""
    RELAPSED = "relapsed"
    """Another goes back to where they were in danger."""
    FRAIL = "frail"
    """Who is there cannot be asked to help."""
    EASED = "eased"
    """Something makes the danger less."""
    DENIAL = "denial"
    """The wish to die is denied, whatever follows."""
    HEDGED = "hedged"
    """Only for now, or only one way."""
    DESPAIR = "despair"
    CONSENTS = "consents"
    UNWILLING = "unwilling"
    """No call is wanted, or no hospital."""
    HOSPITAL = "hospital"
    """Whether it takes one is asked."""
    PLANNED = "planned"
    """It says how, or that there is no plan."""
    THANKS = "thanks"
    CORRECTED = "corrected"
    """The person was taken wrong."""
    UNTOLD = "untold"
    """Somebody is not to know, or cannot be told."""
    PRESENT = "present"
    """Somebody is there, not only named."""
    COMING = "coming"
    """Somebody is on the way."""
    CHILD = "child"
    """Who is there may be a child."""


READ_AS: Final[Mapping[tuple[Answer, str], tuple[str, str, str]]] = {
    (Answer.DENIES, "danger"): ("no", "whole", "danger"),
    (Answer.YES, "agrees"): ("agrees", "whole", "any"),
}
"""Answers whose words are kept with another's."""


def answer_to(asks: str, message: str) -> Answer | None:
    """Return how `message` answers a question that `asks` (see fixed_replies.toml); None: not."""
    plain = _plain(message)
    for answer in (Answer.REFUSES, Answer.JOKES, Answer.CALLED, Answer.ACCOMPANIED):
        if any(each.search(plain) for each in _patterns(answer, "part", "any")) and not any(
            each.search(plain) for each in _patterns(answer, "unless", "any")
        ):
            return answer
    return next((each for each, kinds in _in_order(asks) if _whole(each, kinds, plain)), None)


def _in_order(asks: str) -> Iterator[tuple[Answer, Sequence[str]]]:
    """Yield the answers as they are looked for, with the kinds of words that give them."""
    if asks in OF_DANGER:
        yield Answer.PAST, ("danger",)
        yield Answer.FINE, ("danger",)
    if asks in OF_PEOPLE:
        yield Answer.NEARBY, ("any",)
        yield Answer.AGREES, ("any",)
    kinds = ("any", asks) if asks else ("any",)
    yield from ((each, kinds) for each in (Answer.UNSURE, Answer.NO, Answer.YES))
    if asks == "plan":
        yield Answer.DENIES, ("danger",)
    yield Answer.YES, ("agrees",)


def _whole(answer: Answer, kinds: Sequence[str], plain: str) -> bool:
    return any(
        each.fullmatch(plain)
        for kind in kinds
        for each in _patterns(*READ_AS.get((answer, kind), (answer, "whole", kind)))
    )


def tells(sign: Sign, message: str) -> bool:
    """Tell whether `message` tells that."""
    plain = _plain(message)
    return any(each.search(plain) for each in _patterns(sign, "part", "any"))


def tells_of(sign: Sign, message: str, kinds: Sequence[str], *, how: str = "part") -> bool:
    """Tell whether `message` tells that, in one of the kinds in which it is kept."""
    plain = _plain(message)
    return any(each.search(plain) for kind in kinds for each in _patterns(sign, how, kind))


def ends_with(sign: Sign, message: str, kind: str) -> bool:
    """Tell whether a clause of `message` ends with that, and nothing after it takes it back."""
    pieces = [piece.strip() for piece in _PIECES.split(_plain(message))]
    told = [_ends(sign, piece, kind) for piece in pieces]
    return any(
        ends
        and not any(
            each.search(later)
            for later, eases in zip(pieces[at + 1 :], told[at + 1 :], strict=True)
            for each in (() if eases else _patterns(sign, "unless", "after"))
        )
        for at, ends in enumerate(told)
    )


def _ends(sign: Sign, piece: str, kind: str) -> bool:
    return any(
        tail.fullmatch(piece, found.end())
        for each in _patterns(sign, "part", kind)
        for found in each.finditer(piece)
        for tail in (*_patterns(sign, "tail", "any"), *_patterns(sign, "tail", kind))
    )


def is_wholly(sign: Sign, message: str, kind: str = "any") -> bool:
    """Tell whether `message` is nothing but that, of the kind in which it is kept."""
    plain = _plain(message)
    return bool(plain) and any(each.fullmatch(plain) for each in _patterns(sign, "whole", kind))


def rest_after(sign: Sign, message: str) -> str | None:
    """Return what follows where `message` tells that; None where it does not."""
    plain = _plain(message)
    found = (each.search(plain) for each in _patterns(sign, "part", "any"))
    return next((plain[one.end() :] for one in found if one is not None), None)


def company_in(message: str) -> Answer | None:
    """Return what it tells of somebody who is there or close by, whatever was asked."""
    plain = _plain(message)
    if plain.startswith(tuple(_table()["yes"]["bare"]["any"])):
        return None  # a yes to something else
    if _whole(Answer.NEARBY, ("any",), plain):
        return Answer.NEARBY
    return Answer.ACCOMPANIED if _there(plain) or _there_in_a_piece(plain) else None


def _there(plain: str) -> bool:
    return tells(Sign.PRESENT, plain) and _whole(Answer.YES, ("company",), plain)


def _there_in_a_piece(plain: str) -> bool:
    """Tell whether a clause says that somebody is there, and none takes it back."""
    if tells_of(Sign.EASED, plain, ("any",), how="unless"):
        return False
    pieces = [piece.strip() for piece in _PIECES.split(plain)]
    return any(
        _there(piece) and not tells_of(Sign.EASED, later, ("after",), how="unless")
        for at, piece in enumerate(pieces)
        for later in ["\n".join(pieces[at + 1 :])]
    )


def says_safe(message: str) -> bool:
    """Tell whether it says in so many words that the person is safe, whatever was asked."""
    return tells(Sign.SAFETY, message) and _whole(Answer.YES, ("safety",), _plain(message))


def short(message: str) -> bool:
    """Tell whether `message` is as short as an answer."""
    return not _more_than(SHORT_HAN, SHORT_WORDS, message)


def tells_at_length(message: str) -> bool:
    """Tell whether `message` tells of something, and not of dying."""
    return _more_than(LONG_HAN, LONG_WORDS, message) and not tells(Sign.DARK, message)


def _more_than(characters: int, words: int, message: str) -> bool:
    plain = _plain(message)
    return len(_HAN.findall(plain)) > characters or len(_WORD.findall(plain)) > words


def _plain(message: str) -> str:
    text = unicodedata.normalize("NFKC", message).lower().replace("'", "").replace("’", "")
    return _BLANKS.sub("", text).strip(_ENDS)


@cache
def _patterns(name: str, how: str, kind: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, _table().get(name, {}).get(how, {}).get(kind, ())))


@cache
def _table() -> dict[str, dict[str, dict[str, list[str]]]]:
    file = resources.files("resources").joinpath("guard", "answers.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
