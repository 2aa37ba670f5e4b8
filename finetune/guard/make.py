"""`soulchat-finetune guard`: corpora in, `resources/guard/weights.npz` and its figures out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from finetune.files import filled
from finetune.guard.app import scored, seen
from finetune.guard.card import card
from finetune.guard.cases import ASSIGNED, developed, labelled, written
from finetune.guard.ensemble import NETWORKS
from finetune.guard.measure import measured
from finetune.guard.parts import parts
from finetune.guard.thresholds import Signals, Unlearnt, settled
from finetune.guard.train import Trained, train


def make(smile: Path, crisis_dev: Path, out: Path) -> dict[str, Any]:
    """Train on what may be learnt from, measure on what is held out, and write both to `out`.

    Raises:
        CorpusError: a corpus is missing or not the one whose messages were labelled.
        StageError: the app's guard could not be asked.
        TrainingError: `out` cannot be written.
    """
    divided = parts(labelled(smile), developed(crisis_dev))
    own = written("written")
    cases = [*divided.learnt, *own]
    trained = train(cases, [*map(str, divided.groups), *(case.source for case in own)], seen(cases))
    facts: dict[str, Any] = {
        "thresholds": trained.thresholds,
        "spread": trained.spread,
        "networks": NETWORKS,
        "learnt_from": {
            "real": len(divided.learnt),
            "written": len(own),
            "assigned": sum(case.hand.startswith(ASSIGNED) for case in own),
            "hash": _hash([*(case.source + case.label for case in cases)]),
        },
        "bounds_on": len(written("written_bounds")),
        "held_out": {
            "real": len(divided.held_out),
            "written": len(written("written_held_out")),
            "unsure": sum(case.unsure for case in written("written_held_out")),
        },
    }
    mailbox = written("written_bounds")
    with filled(out) as folder:
        _write(folder, trained, facts)
        scores = scored(folder, mailbox)
        bounding = Unlearnt(mailbox, Signals.of(seen(mailbox), scores[:, 0], scores[:, 1]))
        facts["thresholds"] = settled(trained.thresholds, bounding, trained.unlearnt)
        _write(folder, trained, facts)
        facts["measured"] = measured(folder, divided.held_out, written("written_held_out"))
        _write(folder, trained, facts)
        (folder / "GUARD_CARD.md").write_text(card(facts), encoding="utf-8")
    return facts


def _write(folder: Path, trained: Trained, facts: dict[str, Any]) -> None:
    with (folder / "weights.npz").open("wb") as file:
        np.savez_compressed(file, **trained.arrays)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (folder / "guard.json").write_text(text + "\n", encoding="utf-8")


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
