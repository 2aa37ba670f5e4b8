"""The safety plan: what a person wrote down, in calmer hours, to do when it gets hard.

The six steps are those of the Safety Planning Intervention (B. Stanley and G. K. Brown, Cognitive
and Behavioral Practice 19 (2012) 256-264); the words around them are ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

STEPS: Final = ("signs", "alone", "distractions", "people", "professionals", "surroundings")
"""In the order they are to be taken; the headings' keys are `plan.…`."""
PARTS: Final = (*STEPS, "message")
"""All that is kept."""
WITH_NUMBERS: Final = frozenset({"people", "professionals"})
"""Steps that hold names and numbers; the others hold text."""
SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call, or to write to."""

    name: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    def line(self) -> str:
        """Return all of it in one line."""
        return "  ".join(filter(None, (self.name, self.number, self.email)))


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """The six steps as they were written; nothing is required."""

    signs: str = field(default="", repr=False)
    """Warning signs: how I notice that it is getting hard."""
    alone: str = field(default="", repr=False)
    """What I can do by myself."""
    distractions: str = field(default="", repr=False)
    """People and places that take my mind off it."""
    people: tuple[Contact, ...] = field(default=(), repr=False)
    """Whom I can ask for help: those whom the crisis card offers to reach (trusted_contact.py)."""
    professionals: tuple[Contact, ...] = field(default=(), repr=False)
    """Doctors, counsellors, emergency rooms, lines."""
    surroundings: str = field(default="", repr=False)
    """How to make the surroundings safe."""
    message: str = field(default="", repr=False)
    """What is prepared for those people; empty for the program's sentence."""

    @property
    def empty(self) -> bool:
        """Whether nothing is written."""
        return self == SafetyPlan()

    def sections(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each step that says something."""
        for step in STEPS:
            held = getattr(self, step)
            text = held if step not in WITH_NUMBERS else "\n".join(each.line() for each in held)
            if text:
                yield step, text

    def as_json(self) -> str:
        """Return it as it is kept."""
        plain = {
            part: [asdict(each) for each in getattr(self, part)]
            if part in WITH_NUMBERS
            else getattr(self, part)
            for part in PARTS
        }
        return json.dumps(plain, ensure_ascii=False, indent=1)


def as_written(parts: Mapping[str, Any]) -> SafetyPlan:
    """Return the plan of what stands in fields: trimmed, rows without a word left out.

    Args:
        parts: by name: text, or rows of name, number and, if there is one, address.
    """
    held: dict[str, Any] = {}
    for name in PARTS:
        part = parts.get(name)
        if name in WITH_NUMBERS:
            contacts = (Contact(*map(_trimmed, row)) for row in part or ())
            held[name] = tuple(each for each in contacts if each != Contact())
        else:
            held[name] = _trimmed(part)
    return SafetyPlan(**held)


def from_json(text: str | bytes) -> SafetyPlan:
    """Return the plan that `as_json` made; a part of another shape is taken as not written.

    Raises:
        ValueError: it is no JSON, or no object.
    """
    plain = json.loads(text)
    if not isinstance(plain, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for what is no plan
    for step in WITH_NUMBERS:
        rows = plain.get(step)
        known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        plain[step] = [[row.get(each.name) for each in fields(Contact)] for row in known]
    return as_written(plain)


def _trimmed(text: object) -> str:
    """Return text without blanks around it and without what is no character."""
    return SURROGATE.sub("\ufffd", text).strip() if isinstance(text, str) else ""
