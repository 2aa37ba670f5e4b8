"""How far it is, and what it will take: said before and on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from convert.child import report, reporting_child
from convert.cost import estimate
from convert.errors import OutputError
from convert.mixtures import Mixture
from convert.plan import check_output, make_plan
from convert.verify import Level
from tests.support.convert_run import convert, converted, refused
from tests.support.tiny_base import Shape, write_base

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(layers=1)
MEBIBYTE = 1 << 20


def three_reports() -> str:
    for number in range(3):
        report(number)
    return "done"


def test_a_child_says_something_before_its_answer() -> None:
    heard: list[int] = []
    assert reporting_child(1, heard.append, three_reports) == "done"
    assert heard == [0, 1, 2]


def test_a_caller_reads_progress_as_lines_of_json(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    out = tmp_path / "m.gguf"
    done = convert("run", base, "--out", out, "--quant", "Q8_0", "--verify", "none", "--jsonl")
    *lines, last = map(json.loads, done.stdout.splitlines())
    places = [line["progress"]["done"] for line in lines]
    assert places == sorted(places)
    assert lines[-1]["progress"] | {"seconds_left": 0} == {
        "done": out.stat().st_size,
        "total": out.stat().st_size,
        "tensor": "blk.0.ffn_up.weight",
        "seconds_left": 0,
        "phase": "writing",
    }
    assert last["card"]["file"] == "m.gguf"


def test_a_caller_is_told_when_verifying_begins(tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    done = convert("run", base, "--out", out, "--quant", "Q8_0", "--jsonl")
    *lines, _ = map(json.loads, done.stdout.splitlines())
    phases = [line["progress"]["phase"] for line in lines]
    assert phases == ["writing"] * (len(phases) - 1) + ["verifying"]


@pytest.mark.parametrize(("level", "said"), [("none", False), ("structure", True)])
def test_the_plan_says_that_verifying_comes_on_top(level: str, said: bool, tmp_path: Path) -> None:
    base, out = write_base(tmp_path / "base", SHAPE), tmp_path / "m.gguf"
    given = ("plan", base, "--out", out, "--quant", "Q8_0", "--verify", level, "--lang", "en")
    assert ("on top" in convert(*given).stdout) is said


def test_the_plan_tells_disk_memory_and_time(tmp_path: Path) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    out = tmp_path / "m.gguf"
    plan = converted("plan", base, "--out", out, "--quant", "Q4_K_M", "--threads", 2)
    told = plan["cost"]
    assert told["disk_bytes"] == plan["bytes"] < plan["free_bytes"]
    run = converted("run", base, "--out", out, "--quant", "Q4_K_M", "--verify", "none")
    assert run["cost"]["peak_rss_bytes"] < told["memory_bytes"]
    assert told["seconds"] > 0


def free_memory(monkeypatch: pytest.MonkeyPatch, machine: int, group: int | None) -> None:
    monkeypatch.setattr("resources.host_memory._of_the_machine", lambda: machine)
    monkeypatch.setattr("resources.host_memory.cgroup.memory_left", lambda: group)


@pytest.mark.parametrize(("machine", "group"), [(MEBIBYTE, None), (1 << 40, MEBIBYTE)], ids=str)
def test_too_little_memory_is_known_before_a_byte_is_written(
    machine: int, group: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the machine, or in the control group that holds this process."""
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0)
    free_memory(monkeypatch, machine, group)
    with pytest.raises(OutputError) as caught:
        estimate(plan, 1, Level.NONE)
    assert caught.value.values["free"] == MEBIBYTE


def test_what_full_verification_takes_is_told_and_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1, hidden=512, feed_forward=16384))
    given = (base, "--out", tmp_path / "m.gguf", "--quant", "F32", "--threads", 1)
    pass_alone, full = (
        converted("plan", *given, "--verify", level)["cost"]["memory_bytes"]
        for level in ("weights", "full")
    )
    assert full > pass_alone
    free_memory(monkeypatch, 1 << 40, (pass_alone + full) // 2)
    converted("run", *given, "--verify", "none")
    again = ("verify", tmp_path / "m.gguf", base)
    for refusing in (("plan", *given), ("run", *given), again):
        sentence = refused(*refusing, "--verify", "full")
        assert all(part in sentence for part in (str(full), "in full", "--verify weights"))


def test_the_space_a_killed_run_holds_counts_as_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = write_base(tmp_path / "base", SHAPE)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0)
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("convert.plan.shutil.disk_usage", lambda _: usage)
    with pytest.raises(OutputError):
        check_output(plan)
    plan.part.write_bytes(bytes(plan.size))
    check_output(plan)
