"""The crisis card: whom to call now. Fixed text and numbers; needs neither model nor network.

Order after VERA-MH and #chatsafe: the emergency number first, then a line that answers day and
night, a second one, what to do when nobody answers, a person nearby, distance from means.
"""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.care.hotlines import Line, find_region
from desktop_app.care.own_numbers import Numbers, added, as_line, corrected, place_of
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


def crisis_card(
    region_name: str | None = None, *, young: bool = False, numbers: Numbers = ()
) -> Card:
    """Return the card of a region, of the locale's when None.

    A region without two lines and an emergency number gets the general card, with the numbers
    that are known standing on it.

    Args:
        region_name: id of hotlines.toml, in any case.
        young: the person is under 18, and a line for the young stands near the top.
        numbers: what the person corrected, or added; theirs stand after the lines above.

    Raises:
        InputError: `region_name` is no region of the list.
    """
    region = find_region(region_name)
    complete = region is not None and region.complete
    shipped = (region.emergency, region.lines) if region else ((), ())
    first, others = (corrected(each, numbers, place_of(region)) for each in shipped)
    own = tuple(map(as_line, added(region, numbers)))
    others = _ordered(others, own, young=young)
    emergency, lines = tuple(map(_described, first)), tuple(map(_described, others))
    if not emergency:
        emergency = (sentence("card.general_emergency"),)
    if not complete:
        lines += (sentence("card.general_line"),)
    steps = ("card.step_person", "card.step_distance", "card.step_nobody")
    notes = [sentence("card.program")]
    if any(not line.own and not line.verified_on for line in others):
        notes.append(sentence("card.please_check"))
    return Card(
        title=sentence("card.title"),
        emergency=emergency,
        lines=lines,
        steps=tuple(map(sentence, steps)),
        notes=tuple(notes),
    )


def _ordered(lines: tuple[Line, ...], own: tuple[Line, ...], *, young: bool) -> tuple[Line, ...]:
    """Put the line that answers whoever calls first, and what the person added after it.

    For the young a line of their own comes second where it answers at any hour, else third; for
    all others those lines come last.
    """
    youth = [line for line in lines if line.for_youth]
    for_all = [line for line in lines if not line.for_youth]
    if not young:
        return (*for_all[:1], *own, *for_all[1:], *youth)
    at_any_hour = [line for line in youth if line.day_and_night]
    others = [line for line in youth if not line.day_and_night]
    return (*for_all[:1], *at_any_hour, *own, *for_all[1:2], *others, *for_all[2:])


def _described(line: Line) -> str:
    """Return number, name, hours and languages in one row."""
    details = [part[language()] for part in (line.hours, line.languages) if part]
    if line.own:
        details.append(sentence("card.own"))
    name = line.name[language()]
    if not details:
        return sentence("card.row", number=line.number, name=name)
    separator = sentence("card.separator")
    joined = separator.join(details)
    return sentence("card.row_details", number=line.number, name=name, details=joined)
