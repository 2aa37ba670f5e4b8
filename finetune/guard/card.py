"""`GUARD_CARD.md`: what the guard's classifier is, what it was made from, how often it is right."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any, Final

COLUMNS: Final = (
    "at_risk_detected",
    "emergency_detected",
    "soft_false_alarms",
    "hard_false_alarms",
)


def card(facts: Mapping[str, Any]) -> str:
    """Return the card in both languages, filled from the facts of `guard.json`."""
    template = resources.files("finetune.guard").joinpath("card.md").read_text(encoding="utf-8")
    learnt = facts["learnt_from"]
    return Template(template).substitute(
        real=learnt["real"],
        written=learnt["written"],
        assigned=learnt["assigned"],
        held_out=facts["held_out"]["real"],
        bounds_on=facts["bounds_on"],
        written_held_out=facts["held_out"]["written"],
        unsure_held_out=facts["held_out"]["unsure"],
        **{name: _cells(found) for name, found in facts["measured"].items()},
    )


def _cells(found: Mapping[str, Any]) -> str:
    return " | ".join(_cell(found[column]) for column in COLUMNS)


def _cell(share: Mapping[str, Any]) -> str:
    if not share["of"]:
        return "–"
    low, high = share["interval"]
    return f"{share['share']:.3f} ({share['count']}/{share['of']}; {low:.3f}–{high:.3f})"


def replies_card(facts: Mapping[str, Any]) -> str:
    """Return `REPLIES_CARD.md`, filled from the facts of `replies.json`."""
    template = resources.files("finetune.guard").joinpath("replies_card.md")
    return Template(template.read_text(encoding="utf-8")).substitute(
        written=facts["learnt_from"]["written"],
        real=facts["learnt_from"]["real"],
        held_out=facts["held_out"],
        **{
            name: f"{_cell(found['lists'])} | {_cell(found['both'])}"
            for name, found in facts["measured"].items()
        },
    )
