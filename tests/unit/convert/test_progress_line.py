"""The bar on a terminal: what it says, how much room it takes, and that it goes."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from convert.progress import Progress
from convert.progress_line import fitted, progress_line, width
from resources.messages import LANGUAGES, Language, choose_language, sentence
from tests.support.source_tree import ROOT
from tests.support.tiny_base import Shape, random_tensors, write_base, write_safetensors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLEAR = "\r\x1b[2K"
MEBIBYTE = 1 << 20
QUARTER = Progress(50 * MEBIBYTE, 200 * MEBIBYTE, "blk.3.ffn_up.weight", 12.4)
LONG = Progress(123_456 * MEBIBYTE, 234_567 * MEBIBYTE, "blk.79.attn_output_norm.weight", 12345.6)


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> Iterator[Language]:
    choose_language(request.param)
    yield request.param
    choose_language(None)


def test_it_says_bytes_tensor_and_seconds_and_leaves_a_clean_line() -> None:
    terminal = io.StringIO()
    with progress_line(terminal) as line:
        line.show(QUARTER)
        drawn = terminal.getvalue()
        assert all(part in drawn for part in ("25%", "50", "200 MiB", "blk.3.ffn_up.weight", "12"))
        assert drawn.count("█") * 3 == drawn.count("░")
        line.show(Progress(200 * MEBIBYTE, 200 * MEBIBYTE, "output.weight", 0.0))
        assert terminal.getvalue() == drawn + CLEAR
    assert terminal.getvalue() == drawn + CLEAR


@pytest.mark.usefixtures("lang")
def test_it_says_that_the_file_is_being_verified_in_every_width() -> None:
    terminal = io.StringIO()
    verifying = Progress(200, 200, "", None, "verifying")
    with progress_line(terminal) as line:
        line.show(verifying)
        assert sentence("convert.verifying") in terminal.getvalue()
        assert "█" not in terminal.getvalue()
    assert terminal.getvalue().endswith(CLEAR)
    assert all(width(fitted(verifying, columns)) <= columns for columns in range(1, 80))


def draw_and_be_cancelled(terminal: io.StringIO) -> None:
    with progress_line(terminal) as line:
        line.show(QUARTER)
        raise KeyboardInterrupt


def test_it_is_gone_before_an_error_is_said() -> None:
    terminal = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        draw_and_be_cancelled(terminal)
    assert terminal.getvalue().endswith(CLEAR)


def test_a_run_that_draws_nothing_clears_nothing() -> None:
    terminal = io.StringIO()
    with progress_line(terminal):
        pass
    assert terminal.getvalue() == ""


@pytest.mark.usefixtures("lang")
@pytest.mark.parametrize("progress", [QUARTER, LONG], ids=["short", "long"])
def test_it_fits_into_every_width(progress: Progress) -> None:
    for columns in range(1, 140):
        assert width(fitted(progress, columns)) <= columns


@pytest.mark.usefixtures("lang")
def test_the_name_gives_way_before_the_bar_and_keeps_both_ends() -> None:
    line = fitted(LONG, 79)
    assert line.count("█") + line.count("░") == 24
    assert re.search(r" blk\.79\S*…\S*weight ", line), line
    assert LONG.tensor in fitted(LONG, 140)


def test_a_wide_character_takes_two_columns_and_a_combining_one_none() -> None:
    assert width("还要 3 秒") == 9
    assert width("Ａ") == 2
    assert width("e\u0301") == 1


def test_on_a_terminal_of_eighty_columns_no_line_wraps_and_the_error_stands_alone(
    tmp_path: Path,
) -> None:
    base = write_base(tmp_path / "base", Shape(layers=1))
    tensors = random_tensors(Shape(layers=1))
    tensors["model.layers.0.mlp.up_proj.weight"][3, 3] = float("nan")  # the last one written
    write_safetensors(base / "model.safetensors", tensors, "F32")
    command = [sys.executable, "-m", "convert.cli", "run", base, "--out", tmp_path / "m.gguf"]
    command += ["--quant", "Q8_0", "--verify", "none", "--threads", "1", "--lang", "en"]
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(command, cwd=ROOT, stderr=follower, stdout=subprocess.DEVNULL) as run:
        os.close(follower)
        seen = b""
        while more := read(leader):
            seen += more
    os.close(leader)
    assert run.returncode == 1
    *drawn, said = seen.decode().split(CLEAR)
    assert len(drawn) >= 2
    assert all(width(line) < 80 and "\n" not in line for line in drawn)
    assert any("MiB" in line for line in drawn)
    assert said.startswith("Row 3 of tensor model.layers.0.mlp.up_proj.weight")
    assert said.count("\n") == 1


def read(leader: int) -> bytes:
    try:
        return os.read(leader, 4096)
    except OSError:  # nobody is at the other end any more
        return b""
