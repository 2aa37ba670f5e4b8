"""Whom a message speaks of: another alone, though no word in it names what is done.

Where a classifier hears danger and nothing tells whose, who is spoken of is in danger, and not who
writes; but only where the writer is no subject of it: `subject` of `resources/guard/another.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.care.guard.another import threatens_who_writes
from desktop_app.care.guard.data import table
from desktop_app.care.guard.reading import Reading
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.verdict import Category, Level, Verdict
from desktop_app.care.guard.whose import has_died, is_past

DEATH: Final = {Category.SUICIDE, Category.SELF_HARM, Category.MEDICAL_EMERGENCY}
"""What may be another's; violence is told by who suffers it."""
OTHERS: Final = {"other", "friend", "child", "parent", "people"}
"""Concepts that name somebody else."""
GRIEVED: Final = {"past", "over", "media", "custom", "grief"}
"""Concepts with which it is remembered, mourned, or made up."""
HEAVY: Final = {
    *("die", "suicide", "selfharm", "nopoint", "burden", "pain", "failing"),
    *("method", "drug", "height", "blade", "gun"),
}
"""Concepts that are the writer's own where a clause names nobody."""


@dataclass(frozen=True, slots=True)
class _Script:
    first: re.Pattern[str]
    """Another person, named before all else."""
    aside: re.Pattern[str]
    """The writer, to whom it was told, or as kin: "my brother"."""
    writer: re.Pattern[str]
    says: re.Pattern[str]
    """Another person, who says what follows."""
    trace: re.Pattern[str]
    """What somebody left behind."""
    unless: re.Pattern[str]


def heard_of_another(
    said: Said, recent: Sequence[Said], verdict: Verdict, own: Verdict
) -> Level | None:
    """Return how near another's danger is where only the verdict hears it; None where none does.

    Args:
        said: the message.
        recent: those before it.
        verdict: on the message after those.
        own: on the message by itself.
    """
    about = {*verdict.categories, *own.categories}
    grave = verdict.level.rank >= Level.HIGH.rank and bool(DEATH & about)
    reading = said.reading
    if not grave or Category.ABUSE in about or threatens_who_writes(said):
        return None
    if _names_the_writer(reading) or _feels(reading):
        return None
    begins = begins_with_another(reading)
    if own.level.rank >= Level.HIGH.rank and begins:
        return verdict.level
    if not begins and not any(each.trace.search(reading.worded) for each in _scripts()):
        return None
    before = [each.reading for each in recent]
    goes_on = bool(before) and all(
        begins_with_another(each) and not _names_the_writer(each) for each in before
    )
    return verdict.level if goes_on else None


def speaks_of_another_only(reading: Reading) -> bool:
    """Tell whether another is the subject of a message, and who writes is none."""
    return begins_with_another(reading) and not _is_subject(reading)


def _is_subject(reading: Reading) -> bool:
    return any(each.writer.search(each.aside.sub("_", reading.worded)) for each in _scripts())


def begins_with_another(reading: Reading) -> bool:
    """Tell whether another is named before all else."""
    return any(each.first.match(reading.worded) for each in _scripts())


def _names_the_writer(reading: Reading) -> bool:
    """Tell whether a message speaks of who writes, or of somebody who has died or left them."""
    if is_past(reading) or has_died(reading):
        return True
    spoken = {name for clause in reading.clauses for name in clause.names()}
    if spoken & GRIEVED or any(each.unless.search(reading.worded) for each in _scripts()):
        return True
    return _is_subject(reading)


def _feels(reading: Reading) -> bool:
    """Tell whether a clause that names nobody is heavy, and nobody says it: it is the writer's."""
    said = any(each.says.match(reading.worded) for each in _scripts())
    return not said and any(
        HEAVY & clause.names() and not OTHERS & clause.names() for clause in reading.clauses
    )


@cache
def _scripts() -> tuple[_Script, _Script]:
    words = table("another")
    found = []
    for script, edge, end in (("zh", "", ""), ("en", r"\b", "(?![a-z])")):
        person = words[script]["person"]
        of = {
            name: words["subject"][f"{script}_{name}"]
            for name in ("before", "aside", "says", "trace", "writer", "unless")
        }
        found.append(
            _Script(
                first=re.compile(f"{of['before']}(?:{person}){end}"),
                aside=re.compile(f"{edge}(?:{of['aside']}|{person}){end}"),
                says=re.compile(
                    f"{of['before']}(?:{person})[^,]{{0,8}}{edge}(?:{of['says']}){end}"
                ),
                trace=re.compile(f"{edge}(?:{of['trace']}){end}"),
                writer=re.compile(f"{edge}(?:{of['writer']}){end}"),
                unless=re.compile(f"{edge}(?:{of['unless']}){end}", re.MULTILINE),
            )
        )
    return found[0], found[1]
