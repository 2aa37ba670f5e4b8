"""Numbers of the crisis card that the person wrote: corrections, and some of their own.

They are no private text, and have to be there while the history is locked and where there is no
model, so they are kept with the settings. What ships is never lost: a correction stands before it,
and taking the correction away puts it back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from desktop_app.care.hotlines import ELSEWHERE, Line, Region
from desktop_app.errors import CareError
from desktop_app.settings import OwnNumber
from resources.messages import LANGUAGES, language

LONGEST: Final = 80
"""Characters; what is longer is no number, no name and no hours."""
NO_CHARACTER: Final = re.compile("[\ud800-\udfff\x00-\x1f\x7f]")

Numbers = tuple[OwnNumber, ...]


def place_of(region: Region | None) -> str:
    """Return under which id the numbers of a region are kept; where there is none, `ELSEWHERE`."""
    return ELSEWHERE if region is None else region.id


def corrected(lines: Iterable[Line], numbers: Numbers, place: str) -> tuple[Line, ...]:
    """Return shipped lines as the person corrected them."""
    return tuple(_corrected(line, correction(numbers, line, place)) for line in lines)


def correction(numbers: Numbers, line: Line, place: str) -> OwnNumber | None:
    """Return how the person corrected a shipped line; None where it stands as it ships."""
    found = (n for n in numbers if (n.region, n.instead_of) == (place, line.number))
    return next(found, None)


def added(region: Region | None, numbers: Numbers) -> Numbers:
    """Return what the person added.

    A correction stays when the number that it corrects is shipped no more: it is then all that is
    left of that line.
    """
    shipped = {line.number for line in (*region.emergency, *region.lines)} if region else set()
    place = place_of(region)
    return tuple(n for n in numbers if n.region == place and n.instead_of not in shipped)


def as_line(written: OwnNumber) -> Line:
    """Return a number of the person's own as the card shows it."""
    return Line(
        number=written.number,
        name=dict.fromkeys(LANGUAGES, written.name),
        hours=_in_every_language(written.hours),
        languages=None,
        source="",
        evidence="",
        verified_on="",
        for_youth=False,
        own=True,
    )


def as_corrected(line: Line, place: str, *, number: str, hours: str) -> OwnNumber | None:
    """Return the correction of a line that ships; None where what was written says the same.

    Args:
        line: as it ships.
        place: see `place_of`.
        number: as it was written.
        hours: as they were written; the same as shipped ones go on in both languages.

    Raises:
        CareError: there is no digit in the number: it could not be called.
    """
    called = checked_number(number)
    kept_hours = None if one_line(hours) == hours_of(line) else one_line(hours)
    if (called, kept_hours) == (line.number, None):
        return None
    return OwnNumber(place, line.name[language()], called, kept_hours, line.number)


def checked_number(text: str) -> str:
    """Return a number in one line.

    Raises:
        CareError: there is no digit in it.
    """
    number = one_line(text)
    if not any(map(str.isdigit, unicodedata.normalize("NFKC", number))):
        raise CareError("care.number_without_digits")
    return number


def one_line(text: str) -> str:
    """Return what was written into a field: trimmed, without what is no character, not endless."""
    return NO_CHARACTER.sub(" ", text).strip()[:LONGEST]


def hours_of(line: Line) -> str:
    """Return the hours of a line in the language in force; empty where they are not known."""
    return line.hours[language()] if line.hours else ""


def _corrected(line: Line, written: OwnNumber | None) -> Line:
    if written is None:
        return line
    hours = line.hours if written.hours is None else _in_every_language(written.hours)
    return replace(line, number=written.number, hours=hours, own=True)


def _in_every_language(text: str | None) -> Mapping[str, str] | None:
    return dict.fromkeys(LANGUAGES, text) if text else None
