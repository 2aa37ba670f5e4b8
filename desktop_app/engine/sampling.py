"""The sampling values of one reply, as `model.json` names them.

Names and meaning are llama.cpp's own (llama.h, `llama_sampler_init_*`). DRY ("don't repeat
yourself") is the repetition penalty on sequences of oobabooga/text-generation-webui #5677.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Sampling:
    """One sampler chain: penalties, DRY, top-k, top-p, min-p, temperature, draw."""

    temperature: float = 0.7
    """0 picks the most likely token always (greedy)."""
    top_k: int = 40
    """Keep so many candidates; 0 keeps all."""
    top_p: float = 0.9
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    """Divides the logit of tokens the reply has used; 1 is off."""
    repeat_last_n: int = 64
    """How far back the penalties look, in tokens."""
    dry_multiplier: float = 0.0
    """Strength of DRY; 0 is off."""
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    """Sequences up to this many tokens may repeat freely."""
    seed: int | None = None
    """None draws a fresh seed for every reply."""

    def greedy(self) -> Sampling:
        """Return the same penalties with the most likely token always picked."""
        return replace(self, temperature=0.0)


GREEDY: Final = Sampling(temperature=0.0)
REPETITION_CONTROL: Final = {"dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 4}
"""For a model that says nothing of repetition: small models fall into loops, the more so quantised.
The strength is that of DRY's author. Of his two tokens in a row a reflected feeling is made in
Chinese, so four are free here; a sentence said a third time costs more than any logit."""


def sampling_from(table: Mapping[str, float]) -> Sampling:
    """Return the values of a model's `sampling` table; what it leaves out keeps its default.

    A table that names neither DRY nor a repeat penalty gets DRY: `dry_multiplier = 0` switches it
    off.
    """
    if not {"dry_multiplier", "repeat_penalty"} & set(table):
        table = REPETITION_CONTROL | dict(table)
    known = {field.name for field in fields(Sampling)}
    whole = {"top_k", "repeat_last_n", "dry_allowed_length", "seed"}
    return Sampling(
        **{
            name: int(value) if name in whole else float(value)  # type: ignore[arg-type]
            for name, value in table.items()
            if name in known
        }
    )


PAPER: Final = sampling_from({"temperature": 0.95, "top_k": 0, "top_p": 0.75})
"""SoulChat's own values (Chen et al. 2023, section 4), which say nothing of repetition."""
