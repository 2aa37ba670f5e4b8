"""`model.json`: what a model is, how it was made, and how close it is to its source.

The app reads it beside the GGUF; its shape is agreed with the other stages.
"""

from __future__ import annotations

import hashlib
from typing import Any

from convert.plan import Plan


def model_card(plan: Plan, sha256: str, parity: dict[str, Any]) -> dict[str, Any]:
    """Return the content of `model.json` for a finished file."""
    card = plan.card
    template = plan.description.chat_template.encode()
    return {
        "format": 1,
        "name": plan.out.stem,
        "file": plan.out.name,
        "sha256": sha256,
        "bytes": plan.size,
        "licence": card.licence,
        "languages": list(card.languages) or None,
        "context": plan.parameters.context,
        "template_sha256": hashlib.sha256(template).hexdigest(),
        "system": card.system,
        "sampling": card.sampling,
        "quantisation": plan.mixture.name,
        "parity": parity,
        "run": card.run or None,
    }


def fallbacks(plan: Plan) -> list[dict[str, str]]:
    """Return the tensors whose row length forbade the mixture's choice."""
    return [
        {"tensor": tensor.merged.name, "wanted": tensor.wanted.name, "got": tensor.kind.name}
        for tensor in plan.tensors
        if tensor.kind is not tensor.wanted
    ]
