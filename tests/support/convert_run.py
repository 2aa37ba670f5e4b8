"""Runs the converter as a person does, and reads what it wrote."""

from __future__ import annotations

import io
import json
import signal
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np

from convert.cli import main
from convert.stream import SLAB_WEIGHTS, stream
from convert.writer import part_file
from resources.messages import choose_language

if TYPE_CHECKING:
    from pathlib import Path

    from convert.plan import Plan


def convert(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `soulchat-convert` in this process; the work is in its children either way."""
    words = list(map(str, arguments))
    terminated = signal.getsignal(signal.SIGTERM)
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as complained:
        try:
            code = main(words)
        except SystemExit as wrong_usage:
            code = int(wrong_usage.code or 0)
        finally:
            signal.signal(signal.SIGTERM, terminated)
            choose_language(None)
    return subprocess.CompletedProcess(words, code, said.getvalue(), complained.getvalue())


def converted(*arguments: object) -> dict[str, Any]:
    """Run `soulchat-convert … --json`, which succeeds, and return what it says."""
    done = convert(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def refused(*arguments: object) -> str:
    """Run `soulchat-convert … --lang en`, which refuses, and return its one sentence."""
    done = convert(*arguments, "--lang", "en")
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def refused_usage(*arguments: object) -> str:
    """Run `soulchat-convert …`, which does not understand, and return what it says."""
    done = convert(*arguments, "--lang", "en")
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def tensor_bytes(path: Path) -> dict[str, tuple[int, bytes]]:
    """Return (type, bytes) of every tensor."""
    return {
        tensor.name: (int(tensor.tensor_type), tensor.data.tobytes())
        for tensor in gguf.GGUFReader(path).tensors
    }


def tensor_values(path: Path) -> dict[str, np.ndarray]:
    """Return every tensor as float32."""
    return {
        tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in gguf.GGUFReader(path).tensors
    }


def streamed(plan: Plan, threads: int = 1, slab_weights: int = SLAB_WEIGHTS) -> Path:
    """Write a plan's tensors in this process, without a check, and return the file."""
    with part_file(plan) as (part, journal):
        stream(plan.tensors, part, journal, threads, slab_weights)
    journal.path.unlink()
    return part.replace(plan.out)
