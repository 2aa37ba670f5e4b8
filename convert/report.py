"""`model.json`: what a model is, how it was made, and how close it is to its source.

The app reads it beside the GGUF; its shape is agreed with the other stages.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from convert.plan import Plan
from resources.messages import sentence


def model_card(
    plan: Plan, sha256: str, tensors: dict[str, str], parity: dict[str, Any]
) -> dict[str, Any]:
    """Return the content of `model.json` for a finished file; `tensors`: their SHA-256."""
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
        "tensor_types": [[rule.pattern, rule.kind.name] for rule in plan.rules] or None,
        **remarks(plan),
        "parity": parity,
        "run": card.run or None,
        "tensors": tensors,
    }


def remarks(plan: Plan) -> dict[str, Any]:
    """Return what a person may not expect of a conversion.

    `fallbacks`: the tensors whose row length forbade the mixture's choice. `left_out`: special
    tokens without a row, and how many tensors of which part beside the decoder. `other_base`: the
    base the adapter says it was trained on, where that is another one. `strips_right`: the source
    drops all white space behind its special tokens, llama.cpp that of ASCII only. `normalises`:
    the source puts text into Unicode form NFC, llama.cpp does not.
    """
    beside = Counter(name.removeprefix("model.").partition(".")[0] for name in plan.left_out)
    tokens = list(plan.vocabulary.left_out.values())
    return {
        "fallbacks": [
            {"tensor": tensor.merged.name, "wanted": tensor.wanted.name, "got": tensor.kind.name}
            for tensor in plan.tensors
            if tensor.kind is not tensor.wanted
        ],
        "left_out": {"tokens": tokens, "tensors": dict(beside)} if tokens or beside else None,
        "other_base": plan.other_base,
        "strips_right": plan.vocabulary.strips_right,
        "normalises": plan.vocabulary.normalises,
    }


def remarks_as_sentences(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for everything `remarks` has to say."""
    if fallbacks := said["fallbacks"]:
        kinds = Counter(f"{one['wanted']} → {one['got']}" for one in fallbacks)
        types = ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
        yield sentence("convert.fallbacks", count=len(fallbacks), types=types)
    if left_out := said["left_out"]:
        names = [*left_out["tokens"], *left_out["tensors"]]
        yield sentence("convert.left_out", names=", ".join(names))
    if said["other_base"]:
        yield sentence("convert.other_base", named=said["other_base"])
    if said["strips_right"]:
        yield sentence("convert.strips_right")
    if said["normalises"]:
        yield sentence("convert.normalises")
