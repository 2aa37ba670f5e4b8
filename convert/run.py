"""One conversion from plan to the renamed file and its `model.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from convert.child import in_child
from convert.plan import Plan, check_output
from convert.report import fallbacks, model_card
from convert.stream import stream
from convert.verify import Level, file_sha256, verify_file, verify_vocabulary
from convert.writer import card_part, commit, part_file


def run(plan: Plan, level: Level, threads: int, corpus: Path | None) -> dict[str, Any]:
    """Convert as planned; return the card and what the pass cost.

    The vocabulary is proven before the first weight is read, the file before it gets its name.

    Raises:
        ConvertError: no part is left, an older output and its card are untouched.
    """
    check_output(plan)
    with part_file(plan) as part:
        parity = verify_vocabulary(plan, part, corpus) if level else {}
        figures = in_child(1, stream, plan.tensors, part, len(plan.header), threads)
        parity |= verify_file(plan, part, level, threads)
        card = model_card(plan, file_sha256(part), parity)
        with card_part(plan, card) as described:
            commit((part, plan.out), (described, plan.card_file))
    return {"card": card, "cost": asdict(figures), "fallbacks": fallbacks(plan)}
