"""Exercises a person can do alone: `resources/exercises.toml` as data. No model, no network.

Nothing in them knows the person, so they stay in reach while the history is locked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from desktop_app.care.pace import Pace
from desktop_app.errors import InputError
from resources.messages import language, sentence


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise. Texts by language code."""

    id: str
    titles: Mapping[str, str]
    whens: Mapping[str, str]
    all_steps: Mapping[str, Sequence[str]]
    source: str
    """Where it is described or was studied."""
    evidence: str
    """O: that page, or the paper's own abstract, was read."""
    pace: Pace | None
    """What a circle on the screen keeps time for."""

    @property
    def title(self) -> str:
        """What it is called, in the language in force."""
        return self.titles[language()]

    @property
    def when(self) -> str:
        """When it helps, and how long it takes."""
        return self.whens[language()]

    @property
    def steps(self) -> tuple[str, ...]:
        """What to do, one thing after another."""
        return tuple(self.all_steps[language()])

    def text(self) -> str:
        """Return the exercise for a terminal."""
        steps = (f"{number}. {step}" for number, step in enumerate(self.steps, start=1))
        notes = (sentence("exercises.limits"), sentence("exercises.source", source=self.source))
        return "\n\n".join((self.title, self.when, "\n".join(steps), "\n".join(notes)))


@cache
def exercises() -> dict[str, Exercise]:
    """Return all exercises by id, the one to try first at the beginning."""
    text = resources.files("resources").joinpath("exercises.toml").read_text(encoding="utf-8")
    return {plain["id"]: _exercise(plain) for plain in tomllib.loads(text)["exercise"]}


def find_exercise(name: str) -> Exercise:
    """Return the exercise called `name`.

    Raises:
        InputError: there is none.
    """
    found = exercises().get(name)
    if found is None:
        raise InputError("input.unknown_exercise", name=name, known=", ".join(exercises()))
    return found


def listed() -> str:
    """Return what there is, for a terminal."""
    rows = [f"{each.id}\n  {each.title}\n  {each.when}" for each in exercises().values()]
    return "\n\n".join([sentence("exercises.title"), *rows, sentence("exercises.limits")])


def _exercise(plain: dict[str, Any]) -> Exercise:
    paced = plain.get("paced")
    return Exercise(
        id=plain["id"],
        titles=plain["title"],
        whens=plain["when"],
        all_steps=plain["steps"],
        source=plain["source"],
        evidence=plain["evidence"],
        pace=Pace(paced["in"], paced["out"], frozenset(paced["steps"])) if paced else None,
    )
