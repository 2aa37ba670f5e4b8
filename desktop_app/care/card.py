"""The crisis card: whom to call now. Fixed text and numbers; needs neither model nor network.

Order after VERA-MH and #chatsafe: the emergency number first, then a line that answers day and
night, a second one, what to do when nobody answers, a person nearby, distance from means.
"""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.care.hotlines import Line, Region, find_region
from resources.messages import language, sentence


@dataclass(frozen=True, slots=True)
class Card:
    """The card's parts in reading order, in the language in force; a window lays them out."""

    title: str
    emergency: tuple[str, ...]
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    """What to do now, and when nobody answers."""
    notes: tuple[str, ...]

    def text(self) -> str:
        """Return the card for a terminal."""
        blocks = (
            (self.title,),
            tuple(f"  {line}" for line in self.emergency),
            tuple(f"  {line}" for line in self.lines),
            tuple(f"· {step}" for step in self.steps),
            self.notes,
        )
        return "\n\n".join("\n".join(block) for block in blocks if block)


def crisis_card(region_name: str | None = None) -> Card:
    """Return the card of a region, of the locale's when None.

    A region without two lines and an emergency number gets the general card, with the numbers
    that are known standing on it.

    Raises:
        InputError: `region_name` is no region of the list.
    """
    region = find_region(region_name)
    complete = region is not None and region.complete
    emergency = tuple(map(_described, region.emergency)) if region else ()
    lines = tuple(map(_described, region.lines)) if region else ()
    if not emergency:
        emergency = (sentence("card.general_emergency"),)
    if not complete:
        lines += (sentence("card.general_line"),)
    steps = ("card.step_person", "card.step_distance", "card.step_nobody")
    notes = [sentence("card.program")]
    if region is not None and _unchecked(region):
        notes.append(sentence("card.please_check"))
    return Card(
        title=sentence("card.title"),
        emergency=emergency,
        lines=lines,
        steps=tuple(map(sentence, steps)),
        notes=tuple(notes),
    )


def _described(line: Line) -> str:
    """Return number, name, hours and languages in one row."""
    details = [part[language()] for part in (line.hours, line.languages) if part]
    name = line.name[language()]
    if not details:
        return sentence("card.row", number=line.number, name=name)
    separator = sentence("card.separator")
    joined = separator.join(details)
    return sentence("card.row_details", number=line.number, name=name, details=joined)


def _unchecked(region: Region) -> bool:
    return any(not line.verified_on for line in region.lines)
