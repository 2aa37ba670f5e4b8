"""`soulchat-finetune guard`: corpora in, `resources/guard/weights.npz` and its figures out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from finetune.files import filled
from finetune.guard.app import seen
from finetune.guard.card import card
from finetune.guard.cases import OTHERS, Case, developed, labelled, written
from finetune.guard.measure import measured
from finetune.guard.parts import parts
from finetune.guard.train import Trained, stored, train

TOGETHER: Final = 3
"""So many earlier messages are read together with the new one, as in the app."""


def make(smile: Path, crisis_dev: Path, out: Path) -> dict[str, Any]:
    """Train on what may be learnt from, measure on what is held out, and write both to `out`.

    Raises:
        CorpusError: a corpus is missing or not the one whose messages were labelled.
        StageError: the app's guard could not be asked.
        TrainingError: `out` cannot be written.
    """
    divided = parts(labelled(smile), developed(crisis_dev))
    own = [_joined(case) for case in written("written")]
    cases = [*divided.learnt, *own]
    trained = train(cases, [*map(str, divided.groups), *map(_group, own)], seen(cases))
    facts: dict[str, Any] = {
        "thresholds": trained.thresholds,
        "learnt_from": {
            "real": len(divided.learnt),
            "written": len(own),
            "hash": _hash([*(case.source + case.label for case in cases)]),
        },
        "held_out": {"real": len(divided.held_out)},
    }
    with filled(out) as folder:
        _write(folder, trained, facts)
        facts["measured"] = measured(folder, divided.held_out, written("written_held_out"))
        _write(folder, trained, facts)
        (folder / "GUARD_CARD.md").write_text(card(facts), encoding="utf-8")
    return facts


def _group(case: Case) -> str:
    """Return what stands or falls with a written case: all that another hand wrote."""
    return case.hand if case.hand in OTHERS else case.source


def _joined(case: Case) -> Case:
    """Return a case as one text with what was said before it, as the app reads them together."""
    return replace(case, text="\n".join([*case.history[-TOGETHER:], case.text]))


def _write(folder: Path, trained: Trained, facts: dict[str, Any]) -> None:
    with (folder / "weights.npz").open("wb") as file:
        np.savez_compressed(file, **stored(trained))
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (folder / "guard.json").write_text(text + "\n", encoding="utf-8")


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
