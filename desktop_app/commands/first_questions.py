"""What the window's first steps ask, asked in the terminal: how old a person is, and where.

Each is asked once, of somebody who sits at a terminal; Enter is an answer.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from desktop_app import settings as kept_settings
from desktop_app.care.hotlines import ELSEWHERE, find_region
from desktop_app.commands.lines import read_line
from desktop_app.commands.output import tell
from desktop_app.errors import InputError, KnownError
from desktop_app.settings import AgeBand, Settings
from resources.messages import sentence


def asked_first(path: Path, settings: Settings) -> Settings:
    """Ask what was never answered; return the settings with the answers, which are written.

    Args:
        path: of the settings.
        settings: as they were read.
    """
    if None not in {settings.age, settings.region} or not _somebody_is_there():
        return settings
    tell(sentence("first_steps.notice_program"))
    answered = settings
    if settings.age is None:
        answered = replace(answered, age=_age())
    if settings.region is None:
        answered = replace(answered, region=_region())
    try:
        kept_settings.write(path, answered)
    except KnownError as error:  # then it holds for this talk
        tell(error)
    return answered


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _age() -> AgeBand | None:
    """Return the answer; None where the input ended."""
    bands = list(AgeBand)
    tell(sentence("first_steps.age"))
    tell(sentence("first_steps.age_means"))
    for number, band in enumerate(bands, 1):
        tell(f"{number}  {sentence(f'first_steps.age_{band}')}")
    while (line := read_line(sentence("talk.prompt_age"))) is not None:
        chosen = line.strip() or str(len(bands))
        if chosen.isdecimal() and 1 <= int(chosen) <= len(bands):
            band = bands[int(chosen) - 1]
            if band in {AgeBand.CHILD, AgeBand.YOUTH}:
                tell(sentence("first_steps.age_young"))
            return band
    return None


def _region() -> str | None:
    """Return the answer, by Enter what the locale says; None where the input ended."""
    here = find_region(None)
    guessed = here.id if here else ELSEWHERE
    tell(sentence("first_steps.region"))
    tell(sentence("first_steps.region_means"))
    prompt = sentence("talk.prompt_region", name=sentence(f"region.{guessed}"))
    while (line := read_line(prompt)) is not None:
        chosen = line.strip().upper() or guessed
        try:
            find_region(chosen)
        except InputError as error:
            tell(error)
        else:
            return chosen
    return None
