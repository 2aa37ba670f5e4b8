"""Runs the converter as a person does, and reads what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def convert(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `soulchat-convert` in a process of its own."""
    command = [sys.executable, "-m", "convert.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
