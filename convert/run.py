"""One conversion from plan to the renamed file and its `model.json`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from convert.child import reporting_child
from convert.memory import give_back
from convert.output_lock import output_lock
from convert.plan import Plan, check_output
from convert.progress import Progress
from convert.report import model_card
from convert.stream import stream
from convert.verify import Level, verify_file, verify_vocabulary
from convert.writer import commit, finished_before, part_file
from resources.crash_points import crash_point


def run(
    plan: Plan,
    level: Level,
    threads: int,
    corpus: Path | None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Convert as planned; return the card and what the pass cost.

    The vocabulary is proven before the first weight is read, the file before it gets its name.
    What a killed run of the same plan has finished is taken over.

    Raises:
        ConvertError: an older output and its card are untouched; a part is left only where the
            next run goes on with it (`writer.part_file`), or where it is that of another run.
    """
    with output_lock(plan):
        before = finished_before(plan, level)
        if before is not None:
            return before
        check_output(plan, corpus)
        with part_file(plan) as (part, journal):
            parity = verify_vocabulary(plan, part, corpus) if level else {}
            give_back()  # it waits from here on
            work = partial(stream, plan.tensors, part, journal, threads)
            figures = reporting_child(1, on_progress, work)
            crash_point("run.streamed")
            if level:
                on_progress(Progress(plan.size, plan.size, "", None, "verifying"))
            parity |= verify_file(plan, part, level, threads, figures.tensors)
            cost = asdict(figures)
            card = model_card(plan, cost.pop("sha256"), cost.pop("tensors"), parity)
            outcome = {"card": card, "cost": cost, "level": int(level)}
            commit(plan, outcome)
    return outcome
