"""Everything in one command: corpora → base → LoRA → GGUF → evaluation → resources/models.

Every stage leaves a folder under the work folder and is not repeated when that folder holds the
same recipe and corpus, so a stopped `ship` goes on where it was. Nothing is copied into the
shipping folder before the evaluation says that the model may ship.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from finetune.card import adapter_identity, base_identity, read_run, refresh_sampling
from finetune.corpus.build import import_corpus, without_repeats_of
from finetune.corpus.dialogue import Dialogue
from finetune.errors import EvaluationError, StageError
from finetune.evaluate.report import SUITES, evaluate, shortfalls
from finetune.evaluate.scripts import write_conversations
from finetune.files import filled, replaced
from finetune.model_card import write_model_card
from finetune.pretrain import pretrain
from finetune.recipe import Recipe
from finetune.split import split
from finetune.train import train

TURNS: Final = 500
QUANTISATION: Final = "Q8_0"
MOST_BYTES: Final = 24_000_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Corpora:
    """The public files a model is shipped from."""

    smile: Path
    smile_dev: Path
    cpsycoun: Path


def ship(recipe: Recipe, corpora: Corpora, work: Path, out: Path, say: Say) -> dict[str, Any]:
    """Make the model of `recipe` and put it into `out`; return its evaluation.

    Raises:
        KnownError: of any stage; EvaluationError when the model falls short of the acceptance.
    """
    say("corpus")
    smile = import_corpus("smile", corpora.smile)
    cpsycoun = import_corpus("cpsycoun", corpora.cpsycoun)
    dev = import_corpus("smile", corpora.smile_dev).dialogues
    everything = without_repeats_of([*smile.dialogues, *cpsycoun.dialogues], dev)
    parts = split(everything, recipe.held_out_share)

    base, adapter = work / "base", work / "adapter"
    say("pretrain")
    if read_run(base).get("identity") != base_identity(recipe, parts.train):
        pretrain(recipe, parts.train, parts.held_out, base)
    say("train")
    if read_run(adapter).get("identity") != adapter_identity(recipe, parts.train):
        train(recipe, base, parts.train, parts.held_out, adapter)
    refresh_sampling(adapter, recipe)
    say("convert")
    model = work / "model" / f"{recipe.name}.gguf"
    convert(base, adapter, model)
    say("evaluate")
    report = _evaluated(model, dev)
    report["faults_cleaned"] = {"smile": smile.faults, "cpsycoun": cpsycoun.faults}
    with replaced(work / "evaluation.json") as file:
        file.write(json.dumps(report, ensure_ascii=False, indent=1).encode())
    short = shortfalls(report)
    if model.stat().st_size > MOST_BYTES:
        short["bytes"] = (model.stat().st_size, MOST_BYTES)
    if short:
        figures = ", ".join(f"{n} {got} ({wanted})" for n, (got, wanted) in short.items())
        raise EvaluationError("evaluation.falls_short", figures=figures)
    say("card")
    write_conversations(model, model.parent / "conversations.md")
    write_model_card(model.parent, report)
    _publish(model, out)
    return report


def convert(base: Path, adapter: Path, out: Path) -> None:
    """Run `soulchat-convert` as a process.

    Raises:
        StageError: with the converter's own sentence.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "convert.cli", "run", str(base), "--adapter", str(adapter)),
            *("--out", str(out), "--quant", QUANTISATION, "--verify", "full", "--json"),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        raise StageError("stage.convert", reason=reason[-400:])


def _evaluated(model: Path, dev: Sequence[Dialogue]) -> dict[str, Any]:
    """Evaluate, and say so in model.json, where the app and the card find it."""
    report = evaluate(model, dev, SUITES, TURNS)
    manifest = model.parent / "model.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["evaluation"] = {k: v for k, v in report.items() if k != "turns"} | {
        "corpus": "SMILE, held out by source question",
        "turns": report["turns"],
    }
    with replaced(manifest) as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1).encode())
    return report


def _publish(model: Path, out: Path) -> None:
    """Copy the model and what belongs to it; nothing takes its name before all are copied."""
    names = (model.name, "model.json", "MODEL_CARD.md", "conversations.md")
    with filled(out) as folder:
        for name in names:
            shutil.copyfile(model.parent / name, folder / name)
