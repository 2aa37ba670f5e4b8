"""What the process that waits holds while another converts, and what the others take."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from convert import runtime
from convert.child import in_child
from convert.memory import peak_resident_bytes
from convert.memory_needs import memory_of_full
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.reference import reference_logits
from tests.support.convert_run import streamed
from tests.support.tiny_base import Shape, write_base

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_program_that_waits_loads_nothing_that_judges() -> None:
    """llama.cpp, the tokenizer library and torch are for the processes it starts."""
    code = """
import sys, convert.cli
print(*sorted({"llama_cpp", "tokenizers", "torch", "peft"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []


def peak_of(function: Callable[..., Any], *given: Any) -> int:
    """Run in a process of its own, which is asked for its peak afterwards."""
    function(*given)
    peak = peak_resident_bytes()
    assert peak is not None
    return peak


@pytest.mark.parametrize("vocabulary", [512, 16384])
def test_full_verification_stays_within_what_was_told(vocabulary: int, tmp_path: Path) -> None:
    shape = Shape(layers=4, hidden=512, feed_forward=4096, vocabulary=vocabulary)
    base = write_base(tmp_path / "base", shape)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
    out = streamed(plan)
    told = memory_of_full(plan)
    prompts = [list(range(64))] * 2
    merged = [tensor.merged for tensor in plan.tensors]
    reference = in_child(1, peak_of, reference_logits, plan.parameters, merged, prompts)
    judge = in_child(1, peak_of, runtime.greedy_reply, out, prompts[0], 448, 1)
    assert max(reference, judge) < told < 2.5 * max(reference, judge)


def test_the_reference_holds_one_layer_at_a_time(tmp_path: Path) -> None:
    peaks = []
    for layers in (1, 4):
        shape = Shape(layers=layers, hidden=512, feed_forward=8192)
        base = write_base(tmp_path / f"base{layers}", shape)
        plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.F16)
        merged = [tensor.merged for tensor in plan.tensors]
        peaks.append(in_child(1, peak_of, reference_logits, plan.parameters, merged, [[1, 2, 3]]))
    layer = 4 * 3 * 512 * 8192
    assert peaks[1] - peaks[0] < layer / 2
