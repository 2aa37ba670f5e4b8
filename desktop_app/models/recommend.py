"""Which model of the catalogue suits this computer, and why: the largest that answers in time.

Each token a model writes has it read its whole file from memory, so its size by the number of
cores that read is what a person waits for. The limit here, `GIGABYTES_PER_CORE`, is a rule of
thumb for laptops without a graphics card: about as fast as one reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from desktop_app.models.catalogue import FREE_LICENCES, Entry
from desktop_app.models.machine import SPARE_DISK, Machine
from resources.messages import Language, sentence

GIGABYTES_PER_CORE: Final = 0.65
GIB: Final = 2**30


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A model, or None where none of the catalogue fits, and the reason by its key."""

    entry: Entry | None
    key: str
    values: dict[str, Any]

    @property
    def reason(self) -> str:
        """Why, in one sentence."""
        return sentence(self.key, **self.values)


def recommend(
    entries: Sequence[Entry], machine: Machine, speaks: Language, have: Sequence[str] = ()
) -> Recommendation:
    """Return the largest model that fits; the reason names what keeps a larger one out.

    Args:
        entries: the catalogue.
        machine: this computer.
        speaks: the person's language.
        have: ids of models that are here already; they take no more room on the disk.
    """
    sized = sorted(
        (each for each in entries if _eligible(each, speaks)), key=lambda each: each.size or 0
    )
    fitting = [each for each in sized if _obstacle(each, machine, have) is None]
    if not fitting:
        return Recommendation(None, "recommend.none", {})
    best = fitting[-1]
    known: dict[str, Any] = {
        "name": best.name,
        "memory": "?" if machine.memory is None else round(machine.memory / GIB),
        "cores": machine.cores,
    }
    for larger in sized[sized.index(best) + 1 :]:
        obstacle = _obstacle(larger, machine, have)
        if obstacle is not None:
            values = {**known, "larger": larger.name, "needed": _needed(larger, obstacle)}
            return Recommendation(best, f"recommend.{obstacle}", values)
    return Recommendation(best, "recommend.largest", known)


def _eligible(entry: Entry, speaks: Language) -> bool:
    return (
        entry.size is not None
        and speaks in entry.languages
        and entry.licence in FREE_LICENCES
        and not entry.thinks
    )


def _obstacle(entry: Entry, machine: Machine, have: Sequence[str]) -> str | None:
    """Return what this computer has too little of."""
    size = entry.size or 0
    enough: dict[str, Callable[[], bool]] = {
        "memory": lambda: machine.memory is None or machine.memory >= entry.memory_gib * GIB,
        "cores": lambda: machine.cores >= _cores(entry),
        "disk": lambda: (
            entry.id in have or machine.disk is None or machine.disk >= size + SPARE_DISK
        ),
    }
    return next((name for name, is_enough in enough.items() if not is_enough()), None)


def _needed(entry: Entry, obstacle: str) -> str:
    size = entry.size or 0
    amounts = {
        "memory": f"{entry.memory_gib:g}",
        "cores": str(_cores(entry)),
        "disk": f"{(size + SPARE_DISK) / 10**9:.1f}",
    }
    return amounts[obstacle]


def _cores(entry: Entry) -> int:
    size = entry.size or 0
    return max(1, -int(-size // (GIGABYTES_PER_CORE * 10**9)))
