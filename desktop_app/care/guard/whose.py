"""Which clauses of a message tell of another person's danger: `resources/guard/another.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.care.guard.data import table
from desktop_app.care.guard.reading import CLAUSE_END, Clause, Reading, negated

BETWEEN: Final = 8
"""So many words may stand between a person and what they do."""


@dataclass(frozen=True, slots=True)
class Script:
    """The expressions of one script."""

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
        cls, words: Mapping[str, str], past: str, *, edge: str = "", end: str = "", blank: str = ""
    ) -> Script:
        """Return those of `another.toml`; `edge` and `end` are what words of the script have."""
        start = (
            f"{edge}(?:{words['person']})(?:{blank}(?:{words['between']})){{0,{BETWEEN}}}{blank}"
        )
        alone = {
            name: f"{edge}(?:{words[name]}){end}"
            for name in ("deed", "own", "against", "found", "with_child", "wish")
        }
        return cls(
            deed=re.compile(f"{start}(?:{words['deed']}){end}"),
            wish=re.compile(f"{start}(?:{words['wish']}){end}"),
            with_child=re.compile(alone["with_child"]),
            quoted=re.compile(f"{edge}(?:{words['person']}).{{0,12}}?(?:{words['quoted']}){end}"),
            found=re.compile(alone["found"]),
            bare=re.compile(alone["deed"]),
            bare_wish=re.compile(alone["wish"]),
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
    weary = bool(_around()["weary"].search(reading.text))
    for number, clause in enumerate(reading.clauses):
        told, done = _told(clause, goes_on=goes_on or named, weary=weary)
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
        happening = any(
            each.ready.search(clause.text)
            for at, clause in enumerate(reading.clauses)
            for each in _scripts()
            if at in clauses or "self" not in clause.names()
        )
    written = any(
        each.quoted.search(clause.text) for clause in reading.clauses for each in _scripts()
    )
    return Others(frozenset(clauses), happening, own, frozenset(over), written)


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


def has_died(reading: Reading) -> bool:
    """Tell whether a message says, of whoever was in danger, that nothing helped."""
    pieces = CLAUSE_END.split(reading.worded)  # "he is gone" is an idiom elsewhere
    return any(_around()["died"].search(piece.strip()) for piece in pieces if piece)


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
    return _around()["ended"].search(clause.text) is not None


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
        Script.of(words["zh"], around["zh_past"]),
        Script.of(words["en"], around["en_past"], edge=r"\b", end="(?![a-z])", blank=" "),
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
            "gone",
            "before",
            "lately",
            "deadly",
            "still",
            "safe",
            "weary",
        )
    }
