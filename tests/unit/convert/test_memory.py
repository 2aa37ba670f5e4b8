"""What the process that waits holds while another converts, and what the others take."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from convert import runtime
from convert.child import in_child
from convert.memory import give_back, peak_resident_bytes
from convert.memory_needs import memory_of_full, memory_of_proof
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.proof import prove_tokenizer
from convert.reference import reference_logits
from convert.token_table import TokenType
from convert.verify import check_structure, check_weights
from tests.support.convert_run import streamed
from tests.support.large_vocabulary import QWEN2, write_many_tokens
from tests.support.tiny_base import Shape, write_base

if TYPE_CHECKING:
    from collections.abc import Callable


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
    judge = in_child(1, peak_of, runtime.greedy_reply, out, prompts[0], 448, 1, ())
    assert max(reference, judge) < told < 2.5 * max(reference, judge)


def test_a_large_vocabulary_is_verified_within_what_was_told(tmp_path: Path) -> None:
    count = 40_000
    base = write_base(tmp_path / "base", Shape(layers=1, vocabulary=count))
    write_many_tokens(base, count)
    plan = make_plan(base, None, tmp_path / "m.gguf", Mixture.Q8_0)
    assert sum(kind is not TokenType.UNUSED for kind in plan.vocabulary.types) == count
    out, told = streamed(plan), memory_of_proof(plan)
    proof = in_child(1, peak_of, prove_tokenizer, out, plan.tokenizer, plan.vocabulary, None)
    assert proof < told < 2.5 * proof
    structure = in_child(1, peak_of, check_structure, plan.tensors, out, plan.size)
    assert max(structure, in_child(1, peak_of, check_weights, plan.tensors, out)) < proof


def planned(base: Path, out: Path) -> tuple[int, int]:
    """Plan in a process of its own; return its peak, and what it holds while it waits."""
    plan = make_plan(base, None, out, Mixture.Q8_0)
    peak = peak_resident_bytes()
    give_back()
    assert peak is not None
    assert plan.header
    return peak, resident_bytes()


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what is resident")
def test_planning_with_a_large_vocabulary_takes_little_and_leaves_less(tmp_path: Path) -> None:
    small = write_base(tmp_path / "small", Shape(layers=1))
    small_peak, small_held = in_child(1, planned, small, tmp_path / "m.gguf")
    base = write_base(tmp_path / "base", Shape(layers=1, vocabulary=QWEN2))
    write_many_tokens(base, QWEN2)
    peak, held = in_child(1, planned, base, tmp_path / "m.gguf")
    written = (base / "tokenizer.json").stat().st_size
    assert peak - small_peak < 7 * written
    assert held - small_held < 2.5 * written


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
