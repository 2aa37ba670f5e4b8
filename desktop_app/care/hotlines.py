"""Crisis lines by region: `resources/hotlines.toml` as data."""

from __future__ import annotations

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
        return bool(self.emergency) and len(self.lines) >= ENOUGH_LINES


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
    locale = locale_name().partition(".")[0]
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
