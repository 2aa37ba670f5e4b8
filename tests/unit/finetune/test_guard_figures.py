"""The published figures of the guard, on the real messages that were held out.

The corpora are no part of the project; where they lie, the app is asked again. The bounds are the
goal where it is reached, and what was measured where it is not.
"""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from finetune.guard.app import judged
from finetune.guard.cases import developed, labelled, without_unsure, written
from finetune.guard.measure import figures
from finetune.guard.parts import Parts, parts

FOLDER = Path(os.environ.get("SOULCHAT_CORPORA", "corpora"))
GUARD = Path(str(resources.files("resources").joinpath("guard")))
pytestmark = pytest.mark.skipif(
    not (FOLDER / "crisis-dev.jsonl").is_file(),
    reason="the public corpora are not here; SOULCHAT_CORPORA would name their folder",
)


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GUARD / "guard.json").read_text(encoding="utf-8"))
    return found["measured"]


@pytest.fixture(scope="module")
def divided() -> Parts:
    return parts(labelled(FOLDER / "smile-train.jsonl.xz"), developed(FOLDER / "crisis-dev.jsonl"))


def test_nothing_held_out_was_learnt_from(divided: Parts) -> None:
    assert {c.dialogue for c in divided.learnt}.isdisjoint(c.dialogue for c in divided.held_out)
    assert len(divided.held_out) == 837


def test_real_messages_give_the_published_figures(
    divided: Parts, published: dict[str, Any]
) -> None:
    sure = without_unsure(divided.held_out)
    found = json.loads(json.dumps(figures(sure, judged(GUARD, sure, history=False))))

    assert found == published["real_zh_without_history"]
    assert found["at_risk_detected"]["share"] >= 0.92
    assert found["soft_false_alarms"]["share"] <= 0.08
    assert found["hard_false_alarms"]["share"] <= 0.02
    assert found["emergency_detected"]["share"] >= 0.86


def test_a_history_brings_few_false_alarms(published: dict[str, Any]) -> None:
    assert published["real_zh_with_history"]["soft_false_alarms"]["share"] <= 0.08


@pytest.mark.parametrize(
    ("lang", "history", "least"),
    [("zh", False, 0.75), ("en", False, 0.81), ("zh", True, 0.89), ("en", True, 0.92)],
)
def test_written_messages_give_the_published_figures(
    lang: str, history: bool, least: float, published: dict[str, Any]
) -> None:
    sure = [one for one in without_unsure(written("written_held_out")) if one.lang == lang]
    found = json.loads(json.dumps(figures(sure, judged(GUARD, sure, history=history))))

    assert found == published[f"written_{lang}_{'with' if history else 'without'}_history"]
    assert found["at_risk_detected"]["share"] >= least
