"""Whoever holds a key or a conversation has refused to be read before it does (Linux)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.engine_run import CLI
from tests.support.processes import SHOWN_TO_ROOT
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_process import driven_window

pytestmark = [pytest.mark.usefixtures("passphrase"), SHOWN_TO_ROOT]  # strace reads its strings

REFUSAL = "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)"
HISTORY = '/history.db"'


def traced(log: Path) -> list[str]:
    return ["strace", "--follow-forks", "--trace=prctl,openat", f"--output={log}"]


def run(log: Path, *arguments: str | Path) -> None:
    command = [*traced(log), *CLI, *map(str, arguments)]
    subprocess.run(command, input=b"", check=True, capture_output=True)


def lines_by_process(log: Path) -> list[list[str]]:
    """The calls of each process, the first process first; a thread counts as one."""
    found: dict[str, list[str]] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        process, _, call = line.partition(" ")
        found.setdefault(process, []).append(call)
    return list(found.values())


def refused_first(log: Path) -> bool:
    """Tell whether the history was opened, and never before the refusal."""
    calls = [line.partition(" ")[2] for line in log.read_text(errors="replace").splitlines()]
    opened = [number for number, call in enumerate(calls) if HISTORY in call]
    refused = [number for number, call in enumerate(calls) if REFUSAL in call]
    return bool(opened and refused) and refused[0] < opened[0]


def test_the_terminal_that_makes_the_history(tmp_path: Path, model: Path) -> None:
    log = tmp_path / "log"
    run(log, "--text", "--model", model)
    assert refused_first(log)


def test_the_terminal_that_opens_it_and_the_engines_child(tmp_path: Path, model: Path) -> None:
    run(tmp_path / "first", "vault", "init")
    log = tmp_path / "log"
    run(log, "--text", "--model", model)
    assert refused_first(log)
    refusing = [calls for calls in lines_by_process(log) if any(REFUSAL in call for call in calls)]
    assert len(refusing) == 2


def test_a_history_that_is_made_of_a_backup(tmp_path: Path) -> None:
    run(tmp_path / "first", "vault", "init")
    run(tmp_path / "second", "vault", "backup", tmp_path / "backup")
    log = tmp_path / "log"
    run(log, "vault", "restore", tmp_path / "backup", "--yes", "--data-dir", tmp_path / "another")
    assert refused_first(log)


@pytest.mark.gui
def test_the_window(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with driven_window("--data-dir", str(tmp_path / "data"), under=traced(log)) as program:
        program.do("pass_gate", passphrase=PASSPHRASE)
        assert program.quit() == 0
    assert refused_first(log)
