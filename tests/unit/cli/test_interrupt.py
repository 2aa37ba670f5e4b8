"""Ctrl-C: the first stops what is under way, the next one the program."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
from pathlib import Path

import pytest

from desktop_app.commands.interrupt import interrupt_calls
from tests.support.engine_run import CLI, asking
from tests.support.vault_fixtures import PASSPHRASE

LOADS_FOR_EVER = """
import os, threading
os.close(os.open({begun!r}, os.O_WRONLY))
threading.Event().wait()
"""


def interrupted_twice(cancelled: queue.SimpleQueue[bool]) -> None:
    with interrupt_calls(lambda: cancelled.put(True)):
        signal.raise_signal(signal.SIGINT)
        assert cancelled.get(timeout=60)
        signal.raise_signal(signal.SIGINT)


def test_the_first_cancels_and_the_second_raises() -> None:
    cancelled: queue.SimpleQueue[bool] = queue.SimpleQueue()
    with pytest.raises(KeyboardInterrupt):
        interrupted_twice(cancelled)

    assert cancelled.empty()


def test_more_of_them_do_not_disturb_what_is_being_written_down() -> None:
    with interrupt_calls(lambda: None):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

        signal.raise_signal(signal.SIGINT)


def test_after_the_last_character_none_disturbs() -> None:
    with interrupt_calls(lambda: None) as ignore:
        ignore()
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)


def test_each_reply_has_its_own_first() -> None:
    cancelled: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(2):
        with interrupt_calls(lambda: cancelled.put(number)):  # noqa: B023 - called in this round
            signal.raise_signal(signal.SIGINT)
            assert cancelled.get(timeout=60) == number


@pytest.mark.parametrize("command", [["reply", "--json"], ["--text"]], ids=" ".join)
def test_while_the_model_loads_it_ends_the_program(
    command: list[str], tiny_model: Path, tmp_path: Path
) -> None:
    """The child loads a llama_cpp that tells over a pipe that loading has begun, and never ends."""
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    source = LOADS_FOR_EVER.format(begun=str(begun))
    (tmp_path / "llama_cpp.py").write_text(source, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [*CLI, *command, "--model", str(tiny_model)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, "SOULCHAT_PASSPHRASE": PASSPHRASE},
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(asking("您").encode() + b"\n")
            process.stdin.close()
            process.stdin = None  # communicate would flush it
            begun.read_bytes()  # returns when the child has opened and closed it
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 1
    assert said.decode().splitlines()[-1] == "已中断。"
