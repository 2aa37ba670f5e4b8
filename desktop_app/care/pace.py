"""The pace of breathing: how it stands at each moment, for a circle on the screen to follow."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a breath takes, in seconds; none is held."""

    breathe_in: float
    breathe_out: float
    steps: frozenset[int]
    """At which steps, counted from 1, it is shown."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How it stands at one time: which way the breath goes, and how full the lungs are (0 to 1)."""

    inwards: bool
    fullness: float


def moment(pace: Pace, seconds: float) -> Moment:
    """Return how it stands `seconds` after the beginning, which is that of a breath in."""
    at = seconds % (pace.breathe_in + pace.breathe_out)
    if at < pace.breathe_in:
        return Moment(inwards=True, fullness=_eased(at / pace.breathe_in))
    return Moment(inwards=False, fullness=1 - _eased((at - pace.breathe_in) / pace.breathe_out))


def _eased(part: float) -> float:
    return (1 - math.cos(math.pi * part)) / 2
