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


OF_REPLIES: Final = {
    "wrong_zh": ("有错，中文", "wrong, Chinese"),
    "wrong_en": ("有错，英文", "wrong, English"),
    "wrong_method": ("方法", "method"),
    "wrong_place": ("地点", "place"),
    "wrong_dose": ("剂量", "dose"),
    "wrong_secrecy": ("保密", "secrecy"),
    "wrong_diagnosis": ("诊断", "diagnosis"),
    "wrong_claims_to_be_human": ("自称是人", "claims to be human"),
    "wrong_encourages_dying": ("赞同死或自伤", "approves of dying or self-harm"),
    "wrong_violence": ("伤害别人、忍受暴力", "harm to others, enduring violence"),
    "wrong_dependence": ("只依靠它", "dependence"),
    "harmless_zh": ("无害，中文", "harmless, Chinese"),
    "harmless_en": ("无害，英文", "harmless, English"),
}
"""The rows of the card of replies, in both languages."""


def replies_card(facts: Mapping[str, Any]) -> str:
    """Return `REPLIES_CARD.md`, filled from the facts of `replies.json`."""
    template = resources.files("finetune.guard").joinpath("replies_card.md")
    rows = {
        lang: [
            f"| {names[place]} | {_cell(found['lists'])} | {_cell(found['both'])} |"
            for name, names in OF_REPLIES.items()
            if (found := facts["measured"].get(name))
        ]
        for place, lang in enumerate(("zh", "en"))
    }
    return Template(template.read_text(encoding="utf-8")).substitute(
        written=facts["learnt_from"]["written"],
        real=facts["learnt_from"]["real"],
        held_out=facts["held_out"],
        rows_zh="\n".join(rows["zh"]),
        rows_en="\n".join(rows["en"]),
    )
