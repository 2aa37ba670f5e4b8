"""Crisis lines by region: `resources/hotlines.toml` as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from desktop_app.errors import InputError
from resources.messages import Language, language, locale_name

ENOUGH_LINES: Final = 2
"""A line can be busy or closed, so a card of its own needs a second one."""
TERRITORY: Final = re.compile(r"(?<=_)[A-Z]{2}(?=_|$)")
"""In a locale's name: zh_HK, zh_Hant_HK."""
DAY_AND_NIGHT: Final = "24 hours"
"""How the English hours of such a line begin."""
ELSEWHERE: Final = "ZZ"
"""A person's country is not in the list: CLDR's code for an unknown region."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number to call or write to. Texts by language code."""

    number: str
    name: Mapping[str, str]
    hours: Mapping[str, str] | None
    languages: Mapping[str, str] | None
    source: str
    evidence: str
    """O: read on an official or operator page. P: press, directory or a reprint."""
    verified_on: str
    """Day someone read the operator's page; empty while nobody has."""
    for_youth: bool
    """A line for children and young people."""
    own: bool = False
    """The person wrote it, or corrected it (care/own_numbers.py)."""

    @property
    def day_and_night(self) -> bool:
        """Tell whether it answers at any hour."""
        return self.hours is not None and self.hours["en"].startswith(DAY_AND_NIGHT)


@dataclass(frozen=True, slots=True)
class Region:
    """A country or territory and whom to call there."""

    id: str
    locales: tuple[str, ...]
    emergency: tuple[Line, ...]
    lines: tuple[Line, ...]

    @property
    def complete(self) -> bool:
        """Tell whether the numbers suffice for a card of their own."""
        for_all = [line for line in self.lines if not line.for_youth]
        return bool(self.emergency) and len(for_all) >= ENOUGH_LINES


@cache
def regions() -> dict[str, Region]:
    """Return all regions by id (ISO 3166 alpha-2)."""
    text = resources.files("resources").joinpath("hotlines.toml").read_text(encoding="utf-8")
    found = (
        Region(
            id=plain["id"],
            locales=tuple(plain["locales"]),
            emergency=tuple(map(_line, plain.get("emergency", ()))),
            lines=tuple(map(_line, plain.get("line", ()))),
        )
        for plain in tomllib.loads(text)["region"]
    )
    return {region.id: region for region in found}


def find_region(name: str | None) -> Region | None:
    """Return the region called `name`, or the locale's when None.

    None for `ELSEWHERE`, and where the locale does not tell.

    Raises:
        InputError: `name` is no region of the list.
    """
    if name == ELSEWHERE:
        return None
    if name is not None:
        region = regions().get(name.upper())
        if region is None:
            raise InputError("input.unknown_region", name=name, known=", ".join(sorted(regions())))
        return region
    return _of_locale(re.split("[.@]", locale_name())[0])


def _of_locale(locale: str) -> Region | None:
    """Return the region of a locale: its territory counts, whatever the language."""
    if territory := TERRITORY.search(locale):
        return regions().get(territory.group())
    for region in regions().values():
        if locale in region.locales:
            return region
    by_language: dict[Language, Region | None] = {"zh": regions()["CN"], "en": None}
    return by_language[language()]


def known_region(name: str | None) -> str | None:
    """Return `name` if it can be asked for, else None: another version's settings may name it."""
    return name if name == ELSEWHERE or name in regions() else None


def region_in_force(name: str | None) -> str | None:
    """Return the id of the region of these settings, else of the locale; None if neither tells."""
    region = find_region(known_region(name))
    return None if region is None else region.id


def _line(plain: dict[str, Any]) -> Line:
    return Line(
        number=plain["number"],
        name=plain["name"],
        hours=plain.get("hours"),
        languages=plain.get("languages"),
        source=plain["source"],
        evidence=plain["evidence"],
        verified_on=plain.get("verified_on", ""),
        for_youth=plain.get("for_youth", False),
    )
