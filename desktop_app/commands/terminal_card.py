"""The crisis card as `--text` shows it: as the person set it, with whom they trust, where known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.care.card import Card, crisis_card
from desktop_app.care.guard.verdict import Category, Verdict
from desktop_app.care.hotlines import known_region
from desktop_app.care.kept_plan import KeptPlan
from desktop_app.care.trusted_contact import contacts_text
from desktop_app.commands.listing import printable
from desktop_app.errors import KnownError
from desktop_app.settings import AgeBand, Settings
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.documents import Documents


class TerminalCard:
    """Knows whose lines to show; `documents` is the open history's, None while it is locked."""

    def __init__(self, settings: Settings, plan_copy: Path) -> None:
        """`plan_copy` is where the safety plan lies if it is to be read while locked."""
        self._settings = settings
        self._plan_copy = plan_copy
        self.documents: Documents | None = None

    def heed(self, verdict: Verdict) -> None:
        """Have lines for the young where the guard reads that somebody in danger is under 18."""
        if Category.MINOR_AT_RISK in verdict.categories and not self._settings.young:
            self._settings = replace(self._settings, age=AgeBand.YOUTH)

    def text(self) -> str:
        """Return the card; it has to come whatever is wrong with the plan."""
        return "\n\n".join(filter(None, (card_text(self._settings), self._contacts())))

    def numbers(self) -> str:
        """Return its first two numbers, where the whole card has come already."""
        card = _card(self._settings)
        return printable(sentence("talk.card_again", first=card.emergency[0], second=card.lines[0]))

    def _contacts(self) -> str:
        try:
            plan = KeptPlan(self._plan_copy, self.documents).read()
        except KnownError:
            return ""
        return "" if plan is None else printable(contacts_text(plan))


def card_text(settings: Settings, region: str | None = None) -> str:
    """Return the card of `region`, else of the person's own, with what they corrected.

    Raises:
        InputError: there is no such region.
    """
    return printable(_card(settings, region).text())


def _card(settings: Settings, region: str | None = None) -> Card:
    whose = region or known_region(settings.region)
    return crisis_card(whose, young=settings.young, numbers=settings.numbers)
