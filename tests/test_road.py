"""The whole road on a small corpus of our own writing: corpus → base → LoRA → GGUF → a reply.

Every stage is the real command, as a process; the stages meet in files only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.finetune_dialogues import write_public_corpus

pytestmark = pytest.mark.finetune

RECIPE = Path(__file__).parent / "support" / "finetune_tiny.toml"


def run(module: str, *arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def answer(module: str, *arguments: object, stdin: str = "") -> dict[str, Any]:
    done = run(module, *arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every stage has run."""
    folder = tmp_path_factory.mktemp("road")
    public = write_public_corpus(folder / "public.jsonl", range(120))
    finetune = "finetune.cli"
    corpus, base, adapter = folder / "corpus.jsonl", folder / "base", folder / "adapter"
    answer(finetune, "corpus", "import", "--format", "smile", public, "--out", corpus)
    answer(finetune, "pretrain", RECIPE, "--corpus", corpus, "--out", base)
    answer(finetune, "train", RECIPE, "--base", base, "--corpus", corpus, "--out", adapter)
    answer(
        *("convert.cli", "run", base, "--adapter", adapter, "--out", folder / "tiny.gguf"),
        *("--quant", "Q8_0", "--verify", "full"),
    )
    return folder


def test_training_lowers_the_loss(road: Path) -> None:
    lines = (road / "base" / "training.jsonl").read_text("utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert losses[-1] < losses[0]
    card = json.loads((road / "adapter" / "run.json").read_text("utf-8"))
    assert card["metrics"]["held_out_loss"] < card["base"]["metrics"]["held_out_loss"]


def test_a_finished_run_leaves_no_checkpoint(road: Path) -> None:
    assert not list(road.glob("*/checkpoint*"))


def test_the_manifest_carries_where_the_model_came_from(road: Path) -> None:
    manifest = json.loads((road / "model.json").read_text("utf-8"))
    run_card = json.loads((road / "adapter" / "run.json").read_text("utf-8"))
    assert manifest["run"] == run_card
    assert manifest["template_sha256"] == run_card["template_sha256"]
    assert (manifest["licence"], manifest["languages"]) == ("CC0-1.0", ["zh"])


def test_the_converted_model_answers_through_the_app(road: Path) -> None:
    messages = {"messages": [{"role": "user", "content": "最近晚上总是睡不着，很累。"}]}
    reply = answer(
        *("desktop_app.cli", "reply", "--model", road / "tiny.gguf", "--max-tokens", 64),
        stdin=json.dumps(messages),
    )
    assert reply["reply_tokens"] > 0
    assert reply["stop"] in {"end", "length"}


def test_every_suite_scores_the_model(road: Path) -> None:
    report = answer(
        *("finetune.cli", "evaluate", "--model", road / "tiny.gguf"),
        *("--corpus", road / "corpus.jsonl", "--turns", 6),
    )
    assert report["turns"] == 6
    assert 0 <= report["likelihood"]["true_history_wins"] <= 1
    assert set(report["overlap"]["scores"]) == set(report["overlap"]["floor_random_pair"])
    assert set(report["steering"]["question"]) == {"asked", "unasked"}
