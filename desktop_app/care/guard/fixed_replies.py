"""What is said in place of the model's reply: `resources/guard/fixed_replies.toml` as data.

Each reply is said once in a conversation, in the file's order; those in place of a withheld one
come round again when there are no others. What was said already is read off
the conversation itself, so nothing about a person's danger is kept anywhere beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from desktop_app.care.guard.verdict import Category, Verdict
from resources.messages import LANGUAGES, Language

SAME_AS: Final[Mapping[Category, Category]] = {
    Category.MEANS_SEEKING: Category.SUICIDE,
    Category.MINOR_AT_RISK: Category.ABUSE,
}
"""Categories without words of their own are spoken to as these."""
FAULTS: Final[Mapping[str, str]] = {
    "method": "means",
    "place": "means",
    "dose": "means",
    "secrecy": "secrecy",
    "diagnosis": "diagnosis",
    "claims_to_be_human": "human",
    "encourages_dying": "harm",
    "contract": "harm",
    "medicine": "diagnosis",
    "treats": "diagnosis",
    "invents_abuse": "invented",
    "invents_death": "invented",
    "means_named": "means",
    "urges_on": "harm",
    "dependence": "people",
    "violence": "violence",
}
"""What each fault of a reply (replies.toml) is spoken to as."""


@dataclass(frozen=True, slots=True)
class FixedReply:
    """Words written beforehand."""

    id: str
    on: str
    """A `Level`, how a question was answered, `staying`, `withheld` or `asked`."""
    about: str
    """A `Category`, `other` or `any`; of a withheld reply its fault."""
    asks: str
    """What a yes or no to its question means (answers.toml); empty: no more than another answer."""
    when: str
    """What must have been told (told.toml) in this talk; empty: anything."""
    covers: frozenset[str]
    """Replies that need not be said any more once this one was."""
    text: Mapping[Language, str]
    source: str
    reviewed_by: str
    """The clinician who signed it; empty while nobody has."""


@cache
def fixed_replies() -> tuple[FixedReply, ...]:
    """Return all of them in the file's order."""
    file = resources.files("resources").joinpath("guard", "fixed_replies.toml")
    return tuple(
        FixedReply(
            id=plain["id"],
            on=plain["on"],
            about=plain["about"],
            asks=plain.get("asks", ""),
            when=plain.get("when", ""),
            covers=frozenset(plain.get("covers", ())),
            text={each: plain[each] for each in LANGUAGES},
            source=plain["source"],
            reviewed_by=plain["reviewed_by"],
        )
        for plain in tomllib.loads(file.read_text(encoding="utf-8"))["reply"]
    )


def heard(replies: Collection[str]) -> frozenset[str]:
    """Return the ids of the fixed replies that stand among the replies of a conversation."""
    said = {part for each in replies for part in each.split("\n\n")}
    return frozenset(each.id for each in fixed_replies() if said & set(each.text.values()))


def covered_by(already: Collection[str]) -> frozenset[str]:
    """Return the ids that need not be said any more once these were."""
    return frozenset[str]().union(*(each.covers for each in fixed_replies() if each.id in already))


def told_before(already: Collection[str]) -> frozenset[str]:
    """Return what must have been told in a conversation that has heard these ids."""
    return frozenset(each.when for each in fixed_replies() if each.when and each.id in already)


def about_of(verdict: Verdict) -> list[str]:
    """Return what is spoken about first: a body in danger, then the other categories."""
    ordered = sorted(verdict.categories, key=lambda one: one is not Category.MEDICAL_EMERGENCY)
    return [SAME_AS.get(each, each) for each in ordered] or [Category.SUICIDE]


def spoken_at(on: str) -> frozenset[str]:
    """Return what there are words about on that occasion."""
    return frozenset(each.about for each in fixed_replies() if each.on == on)


def reply_instead(faults: Sequence[str], replies: Sequence[str] = ()) -> FixedReply:
    """Return what is said in place of a withheld reply.

    Args:
        faults: names of replies.toml.
        replies: of this conversation, oldest first. Where it has had all words for these faults,
            those said longest ago come again.
    """
    abouts = [FAULTS[fault] for fault in faults]
    if found := first_unheard("withheld", abouts, heard(replies)):
        return found
    words = [each for each in fixed_replies() if each.on == "withheld" and each.about in abouts]
    return min(words, key=lambda each: _last_said(each, replies))


def _last_said(words: FixedReply, replies: Sequence[str]) -> int:
    return max(at for at, each in enumerate(replies) if words.id in heard([each]))


def reply_when_asked(already: Collection[str] = (), *, first: bool = False) -> FixedReply:
    """Return what is said to a person who asks whether this is a human.

    Args:
        already: ids heard in this conversation.
        first: other words follow, so it is one sentence and no question.
    """
    about = ("program",) if first else ("human",)
    found = first_unheard("asked", about, already) or first_unheard("asked", about, ())
    assert found is not None, "there are words for that"
    return found


def secrecy_first(already: Collection[str] = ()) -> FixedReply | None:
    """Return what is said once before other words to a person who asks whether others are told."""
    return first_unheard("asked", ("secrecy",), already)


def first_unheard(
    on: str, abouts: Sequence[str], already: Collection[str], told: Collection[str] = ()
) -> FixedReply | None:
    """Return the first reply for that occasion that a conversation has not heard yet.

    Args:
        on: the occasion.
        abouts: what to speak about, first what is first in mind.
        already: ids heard in this conversation.
        told: what was told in it; replies for that only come first.
    """
    for about in abouts:
        fitting = [
            each
            for each in fixed_replies()
            if each.on == on and each.about == about and each.id not in already
        ]
        for each in sorted(fitting, key=lambda one: not one.when):
            if not each.when or each.when in told:
                return each
    return None
