"""The way back from deletions, one after the other, for as long as the notice offers it."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.views.notice import WayOn
from desktop_app.views.sessions import Row
from resources.messages import sentence


@dataclass(frozen=True, slots=True)
class Undo(WayOn):
    """Holds what was deleted itself: what is off the record is nowhere else, and goes with it."""

    deleted: tuple[tuple[int, Row], ...]
    """Where each conversation stood and what it was, the one deleted last at the end."""
    kept: bool
    """Whether they stay in the trash once this is over."""

    def says(self) -> str:
        """Return the sentence it stands beside, in the language in force."""
        count = len(self.deleted)
        if count == 1:
            return sentence("window.deleted" if self.kept else "window.deleted_until_closed")
        several = "window.deleted_several" if self.kept else "window.several_until_closed"
        return sentence(several, count=count)
