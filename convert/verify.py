"""What is checked about a written file, level by level, each in a process of its own.

structure: the file reads back as planned, llama.cpp loads it, and both tokenizers agree.
weights: sample rows of every tensor, recomputed and compared with what the file holds.
full: logits against the reference decoder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import gguf
import gguf.quants
import numpy as np

from convert import runtime
from convert.chat_template import render
from convert.child import in_child
from convert.errors import VerificationError
from convert.ggml import TensorType
from convert.merge import RowMerger
from convert.metadata import PlannedTensor
from convert.parity import check_gates, compare
from convert.plan import Plan
from convert.probes import DIALOGUES
from convert.proof import load_tokenizer, prove_tokenizer
from convert.reference import reference_logits
from convert.sources import TensorReader

_SAMPLED_BLOCKS: Final = 4
_LONGEST_PROMPT: Final = 64
_MOST_ROUNDING: Final = {
    TensorType.F32: 0.0,
    TensorType.F16: 0.001,
    TensorType.Q8_0: 0.02,
    TensorType.Q6_K: 0.05,
    TensorType.Q5_0: 0.12,
    TensorType.Q5_1: 0.12,
    TensorType.Q5_K: 0.10,
    TensorType.Q4_0: 0.25,
    TensorType.Q4_K: 0.20,
}
"""Root mean square error over that of the weights: about thrice the measured one, since a
fault (order, scale, shift) gives an error near or above one."""


class Level(IntEnum):
    """How much is verified; each level includes those below."""

    NONE = 0
    STRUCTURE = 1
    WEIGHTS = 2
    FULL = 3


def verify_vocabulary(plan: Plan, path: Path, corpus: Path | None) -> dict[str, Any]:
    """Prove the tokenizer; needs the file's header and size only.

    Raises:
        VocabularyError: the two tokenizers differ.
    """
    tokenizer = plan.base / "tokenizer.json"
    proof = in_child(1, prove_tokenizer, path, tokenizer, plan.vocabulary, corpus)
    return {"tokenizer": {"equal": True} | asdict(proof)}


def verify_file(plan: Plan, path: Path, level: Level, threads: int) -> dict[str, Any]:
    """Return the figures of every check up to `level`.

    Raises:
        VerificationError: a check failed; it names the tensor or the measure, both numbers.
    """
    figures: dict[str, Any] = {}
    if level >= Level.STRUCTURE:
        in_child(1, check_structure, plan.tensors, path, plan.size)
    if level >= Level.WEIGHTS:
        rows, worst = in_child(1, check_weights, plan.tensors, path)
        figures["weights"] = {"rows": rows, "worst_relative_error": worst}
    if level >= Level.FULL:
        prompts = _prompts(plan)
        merged = [tensor.merged for tensor in plan.tensors]
        expected = in_child(threads, reference_logits, plan.parameters, merged, prompts)
        written = in_child(1, runtime.logits, path, prompts, threads)
        parity = compare(expected, written)
        figures["logits"] = asdict(parity)
        check_gates(parity, plan.mixture, path)
    return figures


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_structure(tensors: Sequence[PlannedTensor], path: Path, size: int) -> None:
    """Read the file back and compare every tensor's name, type, shape and length.

    Raises:
        VerificationError: names the first that differs.
    """
    found = path.stat().st_size
    if found != size:
        raise VerificationError("size_differs", path=path, expected=size, found=found)
    written = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    for tensor in tensors:
        merged, other = tensor.merged, written.pop(tensor.merged.name, None)
        same = other is not None and (
            (int(other.tensor_type), tuple(other.shape), other.n_bytes)
            == (int(tensor.kind), merged.shape[::-1], tensor.bytes)
        )
        if not same:
            raise VerificationError("tensor_differs", path=path, tensor=merged.name)
    for name in written:
        raise VerificationError("tensor_differs", path=path, tensor=name)


def check_weights(tensors: Sequence[PlannedTensor], path: Path) -> tuple[int, float]:
    """Recompute sample rows of every tensor and compare; return (rows, worst relative error).

    Raises:
        VerificationError: an error beyond what the type's rounding explains.
    """
    written = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    dice = np.random.default_rng(0)
    count, worst = 0, 0.0
    with TensorReader() as reader:
        for tensor in tensors:
            merged, other = tensor.merged, written[tensor.merged.name]
            merger = RowMerger(reader, merged)
            stored = other.data.reshape(merged.rows, -1)
            blocks = merged.rows // merged.row_multiple
            for block in dice.choice(blocks, min(_SAMPLED_BLOCKS, blocks), replace=False):
                first = int(block) * merged.row_multiple
                last = first + merged.row_multiple
                expected = merger.rows(first, last)
                found = gguf.quants.dequantize(stored[first:last], other.tensor_type)
                scale = float(np.sqrt(np.mean(np.square(expected)))) or 1.0
                error = float(np.sqrt(np.mean(np.square(found - expected)))) / scale
                if not error <= _MOST_ROUNDING[tensor.kind]:
                    raise VerificationError(
                        "weights_differ",
                        path=path,
                        tensor=merged.name,
                        row=first,
                        value=f"{error:.3f}",
                        most=f"{_MOST_ROUNDING[tensor.kind]:.3f}",
                    )
                count, worst = count + last - first, max(worst, error)
    return count, worst


def _prompts(plan: Plan) -> list[list[int]]:
    """Return two fixed dialogues in the model's own template, as token ids."""
    source = load_tokenizer(plan.base / "tokenizer.json")
    roles = ("user", "assistant", "user")
    prompts = []
    for texts in DIALOGUES:
        messages = [
            {"role": role, "content": text} for role, text in zip(roles, texts, strict=True)
        ]
        text = render(plan.description.chat_template, messages, plan.vocabulary)
        prompts.append(source.encode(text, add_special_tokens=False).ids[:_LONGEST_PROMPT])
    return prompts
