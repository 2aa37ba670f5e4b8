"""Days of this computer's calendar, as a command line names them: 2026-01-31."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from desktop_app.vault.records import EPOCH
from resources.messages import sentence

THE_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
THE_END: Final = datetime.max.replace(tzinfo=UTC)


def day(text: str) -> date:
    """Return the day `text` names: an argparse type."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(sentence("cli.not_a_day")) from None


def midnight(of: date) -> datetime:
    """Return when a day begins by this computer's clock; at the ends of time, time's end."""
    try:
        return datetime.combine(of, time()).astimezone()
    except (OverflowError, ValueError, OSError):
        # Elsewhere on Earth it is in no year that can be said, or the clock here does not know it.
        return THE_BEGINNING if of.year <= EPOCH.year else THE_END


def midnight_after(of: date) -> datetime:
    """Return when a day ends by this computer's clock."""
    return THE_END if of == date.max else midnight(of + timedelta(days=1))
