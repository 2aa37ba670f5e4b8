"""Which clauses of a message tell of another person's danger: `resources/guard/another.toml`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.care.guard.data import table
from desktop_app.care.guard.reading import CLAUSE_END, Clause, Reading, negated

BETWEEN: Final = 8
"""So many words may stand between a person and what they do."""
ENDS: Final = " .!?。！？~"
DANGERS: Final = {
    *("die", "suicide", "selfharm", "bye", "letter", "pain", "nopoint", "burden", "neg"),
    *("medical", "urgent", "unreached", "drug", "blade", "gun", "wound", "failing"),
}
"""Concepts with which nothing is play."""


@dataclass(frozen=True, slots=True)
class Script:
    """The expressions of one script."""

    person: re.Pattern[str]
    deed: re.Pattern[str]
    """A person, then what they do."""
    wish: re.Pattern[str]
    """A person, then what they say they will do."""
    bare: re.Pattern[str]
    """The deed where the person was named before."""
    with_child: re.Pattern[str]
    """Somebody says that they would leave and take a child, which may mean death."""
    quoted: re.Pattern[str]
    """A person, then what they wrote of themselves: its "I" is theirs."""
    found: re.Pattern[str]
    """A letter that was found."""
    bare_wish: re.Pattern[str]
    dose: re.Pattern[str]
    """A person, then more of a medicine than anybody takes; over a clause and the next."""
    parting: re.Pattern[str]
    """A person, then the last words they sent; over a clause and the next."""
    course: re.Pattern[str]
    """It was taken as it should be."""
    says: re.Pattern[str]
    """A clause in which the person of the one before says something."""
    shut: re.Pattern[str]
    """They are shut in."""
    ready: re.Pattern[str]
    """They hold what it takes, or are where it could be done."""
    own: re.Pattern[str]
    """The writer's own danger, which is never another's."""
    against: re.Pattern[str]
    """What is done to the writer, or to children with them."""
    mine: re.Pattern[str]
    """The writer before it: then it is they who do it."""
    doer: re.Pattern[str]
    """Another before it: life, a debt and a hospital strike nobody."""
    past: re.Pattern[str]

    @classmethod
    def of(
        cls,
        words: Mapping[str, str],
        past: str,
        says: str,
        *,
        edge: str = "",
        end: str = "",
        blank: str = "",
    ) -> Script:
        """Return those of `another.toml`; `edge` and `end` are what words of the script have."""
        start = (
            f"{edge}(?:{words['person']})(?:{blank}(?:{words['between']})){{0,{BETWEEN}}}{blank}"
        )
        alone = {
            name: f"{edge}(?:{words[name]}){end}"
            for name in ("own", "against", "found", "with_child", "shut", "course")
        }
        deed = f"(?:{words['deed']}|{words['leapt']}){end}"
        wish = f"(?:{words['wish']}|{words['threat']}){end}"
        return cls(
            person=re.compile(f"{edge}(?:{words['person']})"),
            deed=re.compile(f"{start}{deed}"),
            wish=re.compile(f"{start}{wish}"),
            with_child=re.compile(alone["with_child"]),
            quoted=re.compile(f"{edge}(?:{words['person']}).{{0,12}}?(?:{words['quoted']}){end}"),
            found=re.compile(alone["found"]),
            bare=re.compile(f"{edge}{deed}"),
            bare_wish=re.compile(f"{edge}{wish}"),
            dose=re.compile(f"{start}(?:{words['dose']})"),
            parting=re.compile(f"{start}(?:{words['parting']})"),
            course=re.compile(alone["course"]),
            says=re.compile(says),
            shut=re.compile(alone["shut"]),
            ready=re.compile(f"{start}(?:{words['ready']}){end}"),
            own=re.compile(alone["own"]),
            against=re.compile(alone["against"]),
            mine=re.compile(words["mine"]),
            doer=re.compile(words["doer"]),
            past=re.compile(f"{edge}(?:{past}){end}"),
        )


@dataclass(frozen=True, slots=True)
class Others:
    """The clauses of another person's danger."""

    clauses: frozenset[int]
    happening: bool
    """Something is done, not only said."""
    own: bool
    """The writer tells of their own danger, too."""
    over: frozenset[int]
    """The clauses of a deed that is past."""
    written: bool
    """It stands in what they wrote themselves."""


def others_in(reading: Reading) -> Others:
    """Return where another is in danger; a clause that names nobody goes with the one before."""
    clauses: set[int] = set()
    over: set[int] = set()
    happening = goes_on = named = False
    playful = _is_playful(reading)
    weary = bool(_around()["weary"].search(reading.text))
    for number, clause in enumerate(reading.clauses):
        told, done = _told(clause, goes_on=goes_on or named, weary=weary)
        told, done = told and not playful, done and not playful
        if not told and number and _says(reading.clauses[number - 1], clause):
            told = True
        if not done and _done_over_two(reading, number):
            told = done = True
        if not told and _past_deed(clause):
            over.add(number)
            named = True
            continue
        if told:
            clauses.add(number)
            happening, goes_on = happening or done, True
        elif "self" in clause.names():
            goes_on = named = False
        elif goes_on:
            clauses.add(number)
    own = any(_own(clause) for clause in reading.clauses)
    if clauses and not happening:  # only said, but with what it takes, or where it could be done
        happening = is_ready(reading, clauses)
    written = any(
        each.quoted.search(clause.text) for clause in reading.clauses for each in _scripts()
    )
    return Others(frozenset(clauses), happening, own, frozenset(over), written)


def is_ready(reading: Reading, clauses: Collection[int] = ()) -> bool:
    """Tell whether somebody has what it takes, is where it could be done, or is shut in.

    Args:
        reading: the message.
        clauses: those of another's danger; without them nobody is shut in, only behind a door.
    """
    return any(
        each.ready.search(clause.text) or (at in clauses and each.shut.search(clause.text))
        for at, clause in enumerate(reading.clauses)
        for each in _scripts()
        if at in clauses or "self" not in clause.names()
    )


def done_to_the_writer(reading: Reading) -> bool:
    """Tell whether somebody locks in, hits or threatens who writes."""
    return bool(against_in(reading))


def against_in(reading: Reading) -> frozenset[int]:
    """Return the clauses in which somebody does violence to who writes."""
    return frozenset(
        number
        for number, clause in enumerate(reading.clauses)
        if not clause.names() & {"media", "quote"}
        and any(
            not each.mine.search(clause.text[: found.start()])
            for each in _scripts()
            for found in each.against.finditer(clause.text)
        )
    )


def names_another(clause: str) -> bool:
    """Tell whether a clause names somebody who could have done what it tells."""
    return any(each.doer.search(clause) for each in _scripts())


def by_somebody_in(reading: Reading) -> frozenset[int]:
    """Return those of these clauses that name, before what is done, another who does it."""
    return frozenset(
        number
        for number in against_in(reading)
        if any(
            each.doer.search(before) and not each.mine.search(before)
            for each in _scripts()
            for found in each.against.finditer(reading.clauses[number].text)
            for before in [reading.clauses[number].text[: found.start()]]
        )
    )


def is_past(reading: Reading) -> bool:
    """Tell whether a message says that somebody has died, or was in danger long ago."""
    text = "\n".join(clause.text for clause in reading.clauses)
    around = _around()
    if around["dead"].search(text):
        return True  # whatever goes on now, it is not that one who can be helped
    lately = around["lately"].search(text) and around["deadly"].search(text)
    over = around["gone"].search(text) or around["before"].search(text) or lately
    return bool(over) and not around["still"].search(text)


def has_died(reading: Reading, earlier: Iterable[Reading] = ()) -> bool:
    """Tell whether a message says, of whoever was in danger, that nothing helped.

    Args:
        reading: the message.
        earlier: those before it: who "is gone" after a deed that few outlive, has died.
    """
    pieces = [piece.strip() for piece in CLAUSE_END.split(reading.worded) if piece]
    around = _around()  # "he is gone" is an idiom elsewhere
    if any(around["died"].search(piece) or around["buried"].search(piece) for piece in pieces):
        return True
    left = [piece for piece in pieces if around["left"].search(piece)]
    beside = [piece for piece in pieces if piece not in left]
    if not left or not all(around["with_left"].search(piece) for piece in beside):
        return False
    before = [*earlier, reading]
    return any(_was_dire(each) for each in before) and not any(is_safe(each) for each in before)


def _was_dire(reading: Reading) -> bool:
    """Tell whether somebody was treated, or did what few outlive: told as it happened."""
    around = _around()
    return any(
        around["dire"].search(piece) and not around["undone"].search(piece)
        for piece in CLAUSE_END.split(reading.worded)
    )


def tell_of_death(reading: Reading) -> frozenset[int]:
    """Return the clauses in which another's deed, or their death, is told."""
    others = others_in(reading)
    around = _around()
    names = ("dead", "died", "left", "buried", "gone")
    dead = {
        number
        for number, clause in enumerate(reading.clauses)
        if any(around[name].search(clause.text) for name in names)
    }
    return others.clauses | others.over | frozenset(dead)


def is_recent(reading: Reading) -> bool:
    """Tell whether a deed that is over was done in the last days or weeks."""
    others = others_in(reading)
    return any(
        _around()["recent"].search(reading.clauses[at].text) for at in others.over | others.clauses
    )


def is_safe(reading: Reading) -> bool:
    """Tell whether a message says that somebody is safe."""
    return any(
        (said := _around()["safe"].search(clause.text)) and not negated(clause.text, said.start())
        for clause in reading.clauses
    )


def _own(clause: Clause) -> bool:
    return any(
        each.own.search(clause.text) and not each.quoted.search(clause.text) for each in _scripts()
    )


def _past_deed(clause: Clause) -> bool:
    return "media" not in clause.names() and _around()["ended"].search(clause.text) is not None


def _is_playful(reading: Reading) -> bool:
    """Tell whether a message ends in play or work, and nothing in it speaks of a danger."""
    ends = _around()["playful"].search(reading.worded.rstrip(ENDS)) is not None
    return ends and not any(DANGERS & clause.names() for clause in reading.clauses)


def _done_over_two(reading: Reading, number: int) -> bool:
    """Tell whether somebody took far too much or took leave; the clause after may tell that."""
    if reading.clauses[number].names() & {"media"}:
        return False
    text = ",".join(clause.text for clause in reading.clauses[number : number + 2])
    return any(
        (each.parting.search(text) or (each.dose.search(text) and not each.course.search(text)))
        and not (each.own.search(text) or each.past.search(text))
        for each in _scripts()
    )


def _says(before: Clause, clause: Clause) -> bool:
    """Tell whether who was named in the clause before says in this one that they would die."""
    return "self" not in clause.names() and any(
        each.says.match(clause.text)
        and each.person.match(before.text)
        and each.bare_wish.search(clause.text)
        and not (each.own.search(clause.text) or each.past.search(clause.text))
        for each in _scripts()
    )


def _told(clause: Clause, *, goes_on: bool, weary: bool) -> tuple[bool, bool]:
    """Return whether another's danger is told in a clause, and whether as something done."""
    if any(each.quoted.search(clause.text) for each in _scripts()):
        return True, False
    if clause.names() & {"media", "quote"}:
        return False, False
    for each in _scripts():
        if each.own.search(clause.text) or each.past.search(clause.text):
            continue
        alone = goes_on and "self" not in clause.names()
        if each.found.search(clause.text) or (
            weary and "self" not in clause.names() and each.with_child.search(clause.text)
        ):
            return True, True
        if each.deed.search(clause.text) or (alone and each.bare.search(clause.text)):
            return True, True
        if each.wish.search(clause.text) or (alone and each.bare_wish.search(clause.text)):
            return True, False
    return False, False


@cache
def _scripts() -> tuple[Script, Script]:
    words = table("another")
    around = words["around"]
    return (
        Script.of(words["zh"], around["zh_past"], words["subject"]["zh_says"]),
        Script.of(
            words["en"],
            around["en_past"],
            words["subject"]["en_says"],
            edge=r"\b",
            end="(?![a-z])",
            blank=" ",
        ),
    )


@cache
def _around() -> dict[str, re.Pattern[str]]:
    """Return what tells that it is over or is not, by name."""
    words = table("another")["around"]
    return {
        name: re.compile(
            rf"{words[f'zh_{name}']}|\b(?:{words[f'en_{name}']})(?![a-z])", re.MULTILINE
        )
        for name in (
            "ended",
            "dead",
            "died",
            "left",
            "dire",
            "undone",
            "with_left",
            "buried",
            "playful",
            "recent",
            "gone",
            "before",
            "lately",
            "deadly",
            "still",
            "safe",
            "weary",
        )
    }
