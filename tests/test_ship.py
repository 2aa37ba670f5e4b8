"""`ship`: all stages in one call, nothing repeated, and nothing shipped that falls short."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.finetune_dialogues import write_public_corpus

if TYPE_CHECKING:
    from finetune.ship import Corpora

pytestmark = [pytest.mark.finetune, pytest.mark.timeout(900)]
RECIPE = Path(__file__).parent / "support" / "finetune_tiny.toml"


@pytest.fixture
def corpora(tmp_path: Path) -> Corpora:
    from finetune.ship import Corpora

    return Corpora(
        smile=write_public_corpus(tmp_path / "smile.jsonl", range(120)),
        smile_dev=write_public_corpus(tmp_path / "dev.jsonl", range(500, 512)),
        cpsycoun=write_public_corpus(tmp_path / "cpsycoun.jsonl", range(200, 220)),
    )


def test_a_model_that_falls_short_is_not_shipped_and_one_that_suffices_is(
    corpora: Corpora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import finetune.ship as shipping
    from finetune.errors import EvaluationError
    from finetune.evaluate import report
    from finetune.recipe import load_recipe

    recipe = load_recipe(str(RECIPE))
    work, out = tmp_path / "work", tmp_path / "models"
    stages: list[str] = []
    with pytest.raises(EvaluationError, match="turns"):
        shipping.ship(recipe, corpora, work, out, stages.append)
    assert not out.exists()
    trained = (work / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns

    # The least that a model must reach is lowered to what twelve dialogues can show.
    monkeypatch.setattr(report, "ACCEPTANCE", {"ends_by_itself": 0.0})
    shipping.ship(recipe, corpora, work, out, stages.append)
    assert (work / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns == trained
    assert sorted(path.name for path in out.iterdir()) == [
        "MODEL_CARD.md",
        "conversations.md",
        "model.json",
        "tiny.gguf",
    ]
    manifest = json.loads((out / "model.json").read_text("utf-8"))
    assert manifest["evaluation"]["turns"] == 12
    assert manifest["sha256"] in (out / "MODEL_CARD.md").read_text("utf-8")
    talks = (out / "conversations.md").read_text("utf-8")
    assert talks.count("\n## ") == 30
    assert talks.count("\n> ") == 90
