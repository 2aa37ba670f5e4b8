"""What the model replies, judged before it is shown: a reply with one of these faults is withheld.

Faults are data (`resources/guard/replies.toml`): methods, places, doses, a promise of secrecy, a
diagnosis, a claim to be human, encouragement to die or to hurt oneself or another, itself in place
of people, and misfortune that the person never told of. A clause that refuses or says the opposite
passes: "我不能诊断", "I am not a person". So does one that the rest of its sentence makes good:
"the pills are in the drawer, so the first step is handing them over". What no list names a small
trained classifier may still hear (reply_classifier.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from desktop_app.care.guard.data import Words, table
from desktop_app.care.guard.verdict import Action, Category, Level, Verdict
from desktop_app.text import fold

if TYPE_CHECKING:
    from desktop_app.care.guard.reply_classifier import Heard

CONTRACTIONS: Final = tuple(
    (re.compile(rf"(?<![a-z])(?:{short})(?![a-z])"), full)
    for short, full in (
        (r"can['’‘]?t", "cannot"),
        (r"won['’‘]?t", "will not"),
        (
            r"(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need)n['’‘]?t",
            r"\1 not",
        ),
        (r"i['’‘]?m", "i am"),
        (r"(you|they)['’‘]?re", r"\1 are"),
        (r"(i|you|they)['’‘]?ve", r"\1 have"),
        (r"(who|what|that|there|it|he|she|nobody|someone)['’‘]s", r"\1 is"),
        (r"([a-z]+)['’‘]re", r"\1 are"),
        (r"([a-z]+)['’‘]ve", r"\1 have"),
        (r"([a-z]+)['’‘]ll", r"\1 will"),
        (r"([a-z]+)['’‘]d", r"\1 would"),
    )
)
"""English's short forms and the long ones that the expressions are written in, so that each of
them need not know both. Forms that are no other word are known without an apostrophe too."""
APOSTROPHES: Final = re.compile(r"(?<=[a-z])['’‘](?=[a-z])")
PART: Final = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of reply that must not be shown."""

    name: str
    categories: tuple[Category, ...]


def judge_reply(
    reply: str, told: Sequence[str] | None = None, heard: Heard | None = None
) -> Verdict:
    """Return `withhold` and the dangers named by a reply's faults; `none` for a good reply.

    `told` is what the person said; without it nothing counts as invented. `heard` remembers the
    sentences of a reply that is judged again and again while it is written.
    """
    found = faults(reply, told, heard)
    if not found:
        return Verdict(Level.NONE, (), Action.NONE)
    named = {one for fault in found for one in fault.categories}
    return Verdict(Level.HIGH, tuple(one for one in Category if one in named), Action.WITHHOLD)


def faults(
    reply: str, told: Sequence[str] | None = None, heard: Heard | None = None
) -> tuple[Fault, ...]:
    """Return the faults of a reply, in the order of the list; `told` and `heard` as above.

    What the lists name, and what the classifier hears where they name nothing.
    """
    from desktop_app.care.guard.reply_classifier import Heard  # noqa: PLC0415 - numpy

    if found := listed(reply, told):
        return found
    names = (heard or Heard()).faults(list(sentences_of(reply)))
    return tuple(fault for fault in _faults() if fault.name in names)


def sentences_of(reply: str) -> Iterator[str]:
    """Yield the sentences of a reply, folded, with its contractions written out."""
    return _parted(_ends("sentence"), _long(reply))


def listed(reply: str, told: Sequence[str] | None = None) -> tuple[Fault, ...]:
    """Return the faults that the lists name."""
    found: set[str] = set()
    for sentence in sentences_of(reply):
        for clause in _parted(_ends("clause"), sentence):
            if spoken := _named("words", clause) - _named("but", clause):
                found |= spoken - _named("around", sentence)
            if (outright := _named("outright", clause)) and not _reported().found_in(clause):
                found |= outright
    if found & _words("unless_just_told").names:
        found -= _just_told(told)
    if found & _words("unless_told").names:
        found -= _known(told)
    if untold := found & _words("only_if_told").names:
        found -= untold - {
            name for each in told or () for name in _named("only_if_told", _long(each))
        }
    return tuple(fault for fault in _faults() if fault.name in found)


def _long(text: str) -> str:
    """Return folded text with its contractions written out."""
    text = fold(text)
    for short, full in CONTRACTIONS:
        text = short.sub(full, text)
    return APOSTROPHES.sub("", text)


def _parted(end: re.Pattern[str], text: str) -> Iterator[str]:
    """Yield what stands between the ends."""
    return filter(None, map(str.strip, filter(None, end.split(text))))


def _named(part: str, clause: str) -> set[str]:
    """Return the faults that have an expression in that part of their lists for `clause`."""
    return {name for name, _ in _words(part).found_in(clause)}


@cache
def _faults() -> tuple[Fault, ...]:
    return tuple(
        Fault(plain["name"], tuple(map(Category, plain["categories"])))
        for plain in table("replies")["fault"]
    )


def _known(told: Sequence[str] | None) -> frozenset[str]:
    """Return the faults that are none, because the person spoke of such a thing first."""
    words = _words("unless_told")
    if told is None:
        return words.names
    return frozenset(name for each in told for name, _ in words.found_in(fold(each)))


def _just_told(told: Sequence[str] | None) -> set[str]:
    """Return the faults that are none, because the person's last message was of something else."""
    last = _long(told[-1]) if told else ""
    return _named("unless_just_told", last) - _named("only_if_told", last)


@cache
def _words(part: str) -> Words:
    return Words.of(
        {
            each["name"]: map(_whole, each[part])
            for each in table("replies")["fault"]
            if part in each
        }
    )


@cache
def _reported() -> Words:
    """Return what tells that words are the person's own, or of a story."""
    return Words.of({"reported": map(_whole, table("replies")["reported"])})


def _whole(expression: str) -> str:
    """Return an expression with the parts that it names."""
    parts = table("replies")["parts"]
    return PART.sub(lambda found: f"(?:{_whole(parts[found[1]])})", expression)


@cache
def _ends(what: str) -> re.Pattern[str]:
    """Return what finds where each `clause` or `sentence` ends."""
    return re.compile(_whole(f"<{what}_end>"))
