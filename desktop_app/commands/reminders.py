"""What the law has a person told while they talk in the terminal: as in the window, when it is due.

They are said between the reply and the next prompt, so that none of them scrolls away with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from desktop_app import settings as kept_settings
from desktop_app.care.disclosure import InUse, Reminder, away_long, today
from desktop_app.care.hotlines import region_in_force
from desktop_app.commands.output import tell
from desktop_app.errors import KnownError
from desktop_app.settings import Settings
from resources.messages import sentence


class Reminders:
    """Of a break, and that this is a program; counted from the beginning of the talk."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._region = region_in_force(settings.region)
        self._in_use = InUse(clock)
        self._due: list[Reminder] = []

    def note_message(self) -> None:
        """Take note that the person said something."""
        self._due += self._in_use.said(self._region)

    def tell_due(self, *, in_danger: bool) -> None:
        """Say what has become due; a break only when nobody has just spoken of danger."""
        due, self._due = self._due, []
        for each in self._in_use.without_break(due) if in_danger else due:
            tell(sentence(f"reminder.{each}"))


def tell_notice_if_due(path: Path) -> None:
    """Say at length what this is, before the first use and after a week away; note the day.

    Args:
        path: of the settings, read anew: a window may have written them meanwhile.
    """
    settings, problem = kept_settings.read(path)
    day = today()
    if settings.last_day is None or away_long(settings.last_day, day):
        tell(sentence("talk.notice"))
    if problem is None and settings.last_day != day.isoformat():
        try:
            kept_settings.write(path, replace(settings, last_day=day.isoformat()))
        except KnownError as error:
            tell(error)
