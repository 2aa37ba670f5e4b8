"""What the process that waits holds while another converts, and what the others take."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from convert import runtime
from convert.child import in_child
from convert.memory import peak_resident_bytes
from convert.memory_needs import memory_of_full, memory_of_proof
from convert.mixtures import Mixture
from convert.plan import make_plan
from convert.proof import prove_tokenizer
from convert.reference import reference_logits
from convert.token_table import TokenType
from convert.verify import check_structure, check_weights
from tests.support.convert_run import streamed
from tests.support.tiny_base import Shape, read_json, write_base, write_json

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
    judge = in_child(1, peak_of, runtime.greedy_reply, out, prompts[0], 448, 1, ())
    assert max(reference, judge) < told < 2.5 * max(reference, judge)


def write_many_tokens(base: Path, count: int) -> None:
    """Give the tokenizer of `base` so many tokens, each a merge of two others."""
    tokenizer = read_json(base / "tokenizer.json")
    vocabulary, merges = tokenizer["model"]["vocab"], tokenizer["model"]["merges"]
    first = 1 + max(*vocabulary.values(), *(one["id"] for one in tokenizer["added_tokens"]))
    short = [text for text in vocabulary if len(text) < 6]
    pairs = ((left, right) for left in short for right in short if left + right not in vocabulary)
    for id_, (left, right) in enumerate({a + b: (a, b) for a, b in pairs}.values(), first):
        if id_ == count:
            break
        vocabulary[left + right] = id_
        merges.append([left, right])
    write_json(base / "tokenizer.json", tokenizer)


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
