"""The kernel refuses the engine's child the internet, and the model does not mind."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.child import Child
from desktop_app.engine.process import ChildEngine
from desktop_app.engine.protocol import Finished, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.engine.sandbox import CALLS
from tests.support.processes import SHOWN_TO_ROOT
from tests.support.source_tree import ROOT

FILTERED = "2"


@pytest.fixture(scope="module")
def attempts() -> dict[str, str]:
    """What came of each attempt in a process with the filter."""
    command = [sys.executable, "-m", "tests.support.refused_calls"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    outcomes: dict[str, str] = json.loads(run.stdout)
    return outcomes


def test_this_processor_has_a_filter(attempts: dict[str, str]) -> None:
    assert platform.machine() in CALLS
    assert attempts["set"]


@pytest.mark.parametrize("family", ["inet", "inet6", "datagram", "netlink", "packet"])
def test_a_socket_that_leaves_the_machine_is_refused(attempts: dict[str, str], family: str) -> None:
    assert attempts["before"] == "done"
    assert attempts[family] == "EPERM"


def test_high_bits_the_kernel_ignores_do_not_hide_the_family(attempts: dict[str, str]) -> None:
    assert attempts["high bits"] == "EPERM"


@pytest.mark.parametrize("kind", ["unix", "pair"])
def test_a_socket_within_the_machine_is_not(attempts: dict[str, str], kind: str) -> None:
    assert attempts[kind] == "done"


@pytest.mark.parametrize("call", ["ptrace", "io_uring"])
def test_ways_around_it_are_refused(attempts: dict[str, str], call: str) -> None:
    assert attempts[call] == "EPERM"


@pytest.mark.parametrize("where", ["thread", "program"])
def test_it_holds_for_what_is_started_later(attempts: dict[str, str], where: str) -> None:
    assert attempts[where] == "EPERM"


def statuses(pid: int) -> list[dict[str, str]]:
    """The kernel's word on every thread of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    texts = [(task / "status").read_text(encoding="utf-8") for task in tasks]
    return [dict(line.split(":\t", 1) for line in text.splitlines()) for text in texts]


@SHOWN_TO_ROOT
def test_the_child_has_it_before_llama_cpp_is_loaded(tmp_path: Path) -> None:
    child = Child(tmp_path)
    try:
        assert (child.next_event() or {})["event"] == "hello"

        assert {status["Seccomp"] for status in statuses(child.pid)} == {FILTERED}
        maps = Path(f"/proc/{child.pid}/maps").read_text(encoding="utf-8")
        assert "libllama" not in maps
        assert "libc" in maps
    finally:
        child.stop()


def test_every_thread_of_a_child_that_answers_has_it(engine: ChildEngine) -> None:
    *_, last = engine.reply(Request((Turn(Role.USER, "您"),), GREEDY, 100))
    found = statuses(engine.start().pid)

    assert isinstance(last, Finished)
    assert last.text == "你"
    assert len(found) > 1
    assert {(status["Seccomp"], status["NoNewPrivs"]) for status in found} == {(FILTERED, "1")}


def test_the_child_says_which_belts_hold(engine: ChildEngine) -> None:
    assert engine.describe()["internet_refused"] == {"seccomp": True, "namespace": True}
