"""A run that is stopped goes on; a full disk and a foreign checkpoint are one sentence each."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from finetune.recipe import RecipeError, load_recipe

finetune = pytest.mark.finetune
RECIPE = Path(__file__).parents[2] / "support" / "finetune_tiny.toml"


@pytest.fixture
def corpus(public_corpus: Path, tmp_path: Path) -> Path:
    from finetune.corpus.build import import_corpus
    from finetune.corpus.dialogue import write_corpus

    path = tmp_path / "corpus.jsonl"
    write_corpus(path, import_corpus("smile", public_corpus).dialogues)
    return path


def pretraining(corpus: Path, out: Path, recipe: Path = RECIPE) -> list[str]:
    command = [sys.executable, "-m", "finetune.cli", "pretrain", str(recipe)]
    return [*command, "--corpus", str(corpus), "--out", str(out), "--lang", "en"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("hidden = 256", "hidden = 200"), "recipe.not_256"),
        (("heads = 4", "heads = 3"), "recipe.heads"),
        (("seed = 7", ""), "recipe.fields"),
        (("seed = 7", "seed = "), "recipe.broken"),
        (("rank = 4", "rank = 4\nrang = 4"), "recipe.fields"),
    ],
)
def test_an_impossible_recipe_is_refused(tmp_path: Path, change: tuple[str, str], key: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(RECIPE.read_text("utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(path))
    assert caught.value.key == key


def test_a_recipe_that_does_not_exist_is_named() -> None:
    with pytest.raises(RecipeError, match="maxi"):
        load_recipe("maxi")


def test_the_recipe_of_the_shipped_model_is_sound() -> None:
    recipe = load_recipe("mini")
    assert recipe.shape.context >= 2048
    assert recipe.pretrain.tokens + recipe.train.tokens >= 35_000_000


@finetune
def test_a_corpus_too_small_for_the_vocabulary_is_refused(corpus: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(corpus.read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8")
    done = subprocess.run(
        pretraining(few, tmp_path / "base"), capture_output=True, check=False, text=True
    )
    assert done.returncode == 1
    assert "too small" in done.stderr


@finetune
def test_a_killed_training_goes_on_from_its_checkpoint(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "base"
    # Every step is a checkpoint, so that a kill at any moment has one to go on from.
    eager = "import finetune.loop as l; l.CHECKPOINT_SECONDS = 0.0; import finetune.cli as c; "
    run = [*pretraining(corpus, out)]
    run[1:3] = ["-c", eager + "import sys; sys.exit(c.main())"]
    child = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (out / "checkpoint.pt").exists():
        assert child.poll() is None, "it ended before its first checkpoint"
        assert time.monotonic() < deadline
        os.sched_yield()
    child.send_signal(signal.SIGKILL)
    child.wait()
    done = subprocess.run(pretraining(corpus, out), capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert (out / "model.safetensors").is_file()
    assert json.loads((out / "run.json").read_text("utf-8"))["metrics"]["steps"] > 1
    assert not list(out.glob("checkpoint*"))


@finetune
def test_a_checkpoint_of_another_recipe_is_refused_and_kept(corpus: Path, tmp_path: Path) -> None:
    import torch

    out = tmp_path / "base"
    out.mkdir()
    torch.save({"identity": "another"}, out / "checkpoint.pt")
    done = subprocess.run(pretraining(corpus, out), capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert "another recipe or corpus" in done.stderr
    assert (out / "checkpoint.pt").is_file()


@finetune
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_while_training_is_one_sentence_and_nothing_half_written(
    corpus: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        run = pretraining(corpus, disk / "base")
        done = subprocess.run(run, capture_output=True, check=False, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith("The disk is full")
        assert len(done.stderr.strip().splitlines()) == 1
        assert not list(disk.rglob("*.part"))
        assert not list(disk.rglob("model.safetensors"))
    finally:
        subprocess.run(["umount", disk], check=True)
