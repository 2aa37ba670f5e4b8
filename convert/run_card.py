"""What the training run says about its model: `run.json` of the adapter, else of the base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.json_file import read_optional_object


@dataclass(frozen=True, slots=True)
class RunCard:
    """The fields that travel on into `model.json`; `run` is the whole card."""

    name: str | None
    licence: str | None
    languages: tuple[str, ...]
    system: str | None
    sampling: dict[str, Any] | None
    run: dict[str, Any]


def read_run_card(base: Path, adapter: Path | None) -> RunCard:
    """Read the adapter's card, with the base's where the adapter says nothing."""
    trained = read_optional_object(adapter / "run.json") if adapter is not None else {}
    card = {**read_optional_object(base / "run.json"), **trained}
    languages = card.get("languages")
    return RunCard(
        name=_text(card.get("name")),
        licence=_text(card.get("licence")),
        languages=tuple(map(str, languages)) if isinstance(languages, list) else (),
        system=_text(card.get("system")),
        sampling=card["sampling"] if isinstance(card.get("sampling"), dict) else None,
        run=trained or card,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
