"""Killed at any moment, with its worker or without: the next run goes on, to the same bytes."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.run import run
from convert.verify import Level
from tests.support.convert_kills import convert_here, plan_in
from tests.support.convert_run import converted, streamed, tensor_bytes
from tests.support.crash_points import killed_at
from tests.support.source_tree import ROOT
from tests.support.tiny_base import Shape, read_json, write_adapter, write_base

SHAPE = Shape(layers=1)
CONVERT = "tests.support.convert_kills:convert_here"
MOMENTS = (
    "writer.begun",
    "stream.slab_written#5",
    "stream.tensor_written#3",
    "stream.slab_written#20",
    "run.streamed",
    "writer.proven",
    "writer.renamed",
    "writer.named",
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and an adapter, and the file an undisturbed run makes of them."""
    folder = tmp_path_factory.mktemp("sources")
    write_base(folder / "base", SHAPE)
    write_adapter(folder / "adapter", SHAPE)
    (folder / "out").mkdir()
    streamed(plan_in(folder)).replace(folder / "undisturbed.gguf")
    return folder


@pytest.fixture
def place(sources: Path) -> Path:
    """The same, and an older output with its card."""
    out = sources / "out"
    for path in out.iterdir():
        path.unlink()
    (out / "m.gguf").write_text("old", encoding="ascii")
    (out / "model.json").write_text('{"file": "m.gguf"}', encoding="ascii")
    return sources


def is_whole(folder: Path) -> bool:
    """The undisturbed file with its card, and nothing beside them."""
    out = folder / "out"
    data = (out / "m.gguf").read_bytes()
    assert data == (folder / "undisturbed.gguf").read_bytes()
    assert read_json(out / "model.json")["sha256"] == hashlib.sha256(data).hexdigest()
    return {path.name for path in out.iterdir()} == {"m.gguf", "model.json"}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_a_moment_goes_on(moment: str, place: Path) -> None:
    out = place / "out" / "m.gguf"
    assert killed_at(moment, CONVERT, place)
    renamed = moment in {"writer.renamed", "writer.named"}
    assert (out.read_bytes() == b"old") != renamed
    outcome = run(plan_in(place), Level.NONE, 1, None)
    taken_over = outcome["cost"]["resumed_bytes"] > 0
    assert taken_over == moment.startswith(("stream.", "run."))
    assert is_whole(place)


@pytest.mark.parametrize("ended", ["the worker", "the program"])
def test_a_run_that_the_system_ends_midway_goes_on(ended: str, tmp_path: Path) -> None:
    """The worker alone is what a system short of memory takes; a shutdown ends the program."""
    base = write_base(tmp_path / "base", Shape(layers=1, hidden=512, feed_forward=4096))
    out = tmp_path / "m.gguf"
    # The type that takes longest: a second's work is left when the layer has begun.
    given = ("run", base, "--out", out, "--quant", "IQ4_XS", "--verify", "none", "--threads", 1)
    command = [sys.executable, "-m", "convert.cli", *map(str, given), "--lang", "en", "--jsonl"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "blk." not in process.stdout.readline():
            assert process.poll() is None
        if ended == "the worker":
            os.kill(worker_of(process), signal.SIGKILL)
        else:
            process.terminate()
        _, said = process.communicate()
    assert (process.returncode, said.count("\n")) == (1, 1), said
    assert "it goes on" in said
    assert ("SIGKILL" in said) == (ended == "the worker")
    assert not out.exists()
    assert converted(*given)["cost"]["resumed_bytes"] > 0
    assert {path.name for path in tmp_path.iterdir()} == {"base", "m.gguf", "model.json"}
    undisturbed = streamed(make_plan(base, None, tmp_path / "u.gguf", Mixture.IQ4_XS), threads=2)
    assert tensor_bytes(out) == tensor_bytes(undisturbed)


def worker_of(process: subprocess.Popen[str]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    (pid,) = children.split()
    return int(pid)


def test_a_part_that_is_not_what_the_journal_says_is_made_again(place: Path) -> None:
    """As after a power cut that lost pages of the part."""
    assert killed_at("run.streamed", CONVERT, place)
    plan = plan_in(place)
    part = place / "out" / "m.gguf.part"
    data = bytearray(part.read_bytes())
    data[len(plan.header) + plan.tensors[4].offset] ^= 1
    part.write_bytes(data)
    run(plan, Level.NONE, 1, None)
    assert is_whole(place)


def test_what_a_run_of_another_plan_left_is_not_taken_over(place: Path) -> None:
    assert killed_at("run.streamed", CONVERT, place)
    weights = place / "adapter" / "adapter_model.safetensors"
    before = weights.read_bytes()
    try:
        weights.write_bytes(before[:-4] + np.float32(0.5).tobytes())
        outcome = run(plan_in(place), Level.NONE, 1, None)
    finally:
        weights.write_bytes(before)
    assert outcome["cost"]["resumed_bytes"] == 0
    changed = (place / "out" / "m.gguf").read_bytes()
    assert changed != (place / "undisturbed.gguf").read_bytes()


@pytest.mark.parametrize(
    "kills", [pytest.param(2, id="some"), pytest.param(80, marks=pytest.mark.slow)]
)
def test_runs_killed_at_random_go_on(kills: int, place: Path) -> None:
    """The whole program with its children, killed anywhere in the seconds it takes."""
    dice = np.random.default_rng(kills)
    out = place / "out" / "m.gguf"
    command = [
        *(sys.executable, "-m", "convert.cli", "run", place / "base", "--out", out),
        *("--adapter", place / "adapter", "--quant", "Q4_K_M", "--verify", "none"),
    ]
    for _ in range(kills):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=dice.uniform(0.5, 4))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        assert process.returncode in {0, -signal.SIGKILL}
        written = out.read_bytes()
        assert written in {b"old", (place / "undisturbed.gguf").read_bytes()}
        if process.returncode == 0:
            assert is_whole(place)
            out.write_bytes(b"old")
    run(plan_in(place), Level.NONE, 1, None)
    assert is_whole(place)


@pytest.mark.parametrize("weights", [1 << 13, 1 << 15, 1 << 22])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_bytes_do_not_depend_on_slabs_or_threads(
    weights: int, threads: int, tmp_path: Path
) -> None:
    shape = Shape(layers=1, hidden=192, feed_forward=1344, family="llama")
    base = write_base(tmp_path / "base", shape)
    adapter = write_adapter(tmp_path / "adapter", shape, r=16)
    plan = make_plan(base, adapter, tmp_path / "m.gguf", Mixture.F32)
    expected = streamed(plan).read_bytes()
    plan.out.unlink()
    assert streamed(plan, threads, weights).read_bytes() == expected


def test_a_run_in_one_process_is_the_whole_run(place: Path) -> None:
    """What the other tests here kill does what the program does."""
    convert_here(str(place))
    assert is_whole(place)
