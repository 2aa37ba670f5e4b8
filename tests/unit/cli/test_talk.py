"""`soulchat --text` over a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.engine_run import CLI, soulchat
from tests.support.engine_tiny import write_manifest, write_tiny_model

GREEDY = {"temperature": 0}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_tiny_model(tmp_path_factory.mktemp("talk"), says="你")
    write_manifest(path, None, template_sha256=None, sampling=GREEDY)
    return path


@pytest.fixture
def endless_greedy(endless_model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "endless.gguf"
    path.symlink_to(endless_model)
    write_manifest(path, None, template_sha256=None, sampling=GREEDY)
    return path


def test_it_says_first_what_it_is_and_that_nothing_is_kept(model: Path) -> None:
    first, second, *_ = soulchat("--text", "--model", model).stdout.decode().splitlines()

    assert "电脑程序" in first
    assert "不会保存" in second


def test_the_end_of_the_input_ends_it_cleanly(model: Path) -> None:
    done = soulchat("--text", "--model", model)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_line_is_answered(model: Path) -> None:
    assert "回复：你\n" in soulchat("--text", "--model", model, stdin="您\n").stdout.decode()


def test_a_line_without_its_end_is_answered_too(model: Path) -> None:
    assert "回复：你\n" in soulchat("--text", "--model", model, stdin="您").stdout.decode()


@pytest.mark.parametrize(
    ("command", "says"),
    [("/help", "/card"), ("/card", "12356"), ("/new", "新的对话"), ("/nonsense", "/help")],
)
def test_a_command_does_what_it_says(command: str, says: str, model: Path) -> None:
    assert says in soulchat("--text", "--model", model, stdin=command).stdout.decode()


def test_quit_leaves_the_rest_of_the_input_unread(model: Path) -> None:
    out = soulchat("--text", "--model", model, stdin="/quit\n您\n").stdout.decode()

    assert "回复：" not in out


def test_a_message_that_cannot_be_answered_does_not_end_the_talk(model: Path) -> None:
    done = soulchat("--text", "--model", model, stdin="长" * 100_000 + "\n您\n")

    assert done.returncode == 0
    assert "100000" in done.stdout.decode()
    assert "回复：你\n" in done.stdout.decode()


def test_bytes_that_are_no_text_are_one_sentence(model: Path) -> None:
    done = soulchat("--text", "--model", model, stdin=b"\xff\xfe\n")

    assert done.returncode == 1
    assert "UTF-8" in done.stderr.decode()


def test_ctrl_c_stops_the_reply_and_the_talk_goes_on(endless_greedy: Path) -> None:
    command = [*CLI, "--text", "--model", str(endless_greedy)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("您\n".encode())
        process.stdin.flush()
        seen = b""
        while "你你".encode() not in seen:
            seen += process.stdout.read1()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(b"/help\n", timeout=60)

    assert process.returncode == 0
    assert "已停止" in rest.decode()
    assert "/quit" in rest.decode()


def test_a_child_killed_mid_reply_is_one_sentence_and_the_talk_goes_on(
    endless_greedy: Path,
) -> None:
    command = [*CLI, "--text", "--model", str(endless_greedy)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("您\n".encode())
        process.stdin.flush()
        seen = b""
        while "你你".encode() not in seen:
            seen += process.stdout.read1()
        children = Path(f"/proc/{process.pid}/task")
        pids = " ".join(path.read_text() for path in children.glob("*/children")).split()
        os.kill(int(pids[0]), signal.SIGKILL)
        rest, _ = process.communicate(b"/help\n", timeout=60)

    assert process.returncode == 0
    assert "意外停止" in rest.decode()
    assert "/quit" in rest.decode()


def test_on_a_terminal_it_prompts_and_ctrl_d_ends(model: Path) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*CLI, "--text", "--model", str(model)], stdin=follower, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        seen = read_until(leader, "你：")
        os.write(leader, "您\r".encode())
        seen = read_until(leader, "回复：你")
        read_until(leader, "你：")
        os.write(leader, b"\x04")
        seen = read_until(leader, "再见")
        process.wait(60)
    os.close(leader)

    assert "再见" in seen
    assert process.returncode == 0


def read_until(terminal: int, wanted: str) -> str:
    seen = b""
    while wanted.encode() not in seen:
        seen += os.read(terminal, 4096)
    return seen.decode(errors="replace")
