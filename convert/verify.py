"""What is checked about a written file, level by level, each in a process of its own.

none: nothing at all, the tokenizer included; its `parity` is empty.
structure: the file reads back as planned, every byte as it was written; llama.cpp loads it,
both tokenizers agree, and the template is the planned one.
weights: sample rows of every tensor, computed a second time by the plain formula and compared
with what was merged and with what the file holds; every module the adapter was to change is
changed.
full: logits against the reference decoder, and one greedy reply that ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from convert import runtime
from convert.chat_template import render
from convert.child import in_child
from convert.errors import EndlessReplyError, VerificationError
from convert.gates import check_gates, judged_as
from convert.gguf_header import StoredTensor, first_difference, read_gguf_header
from convert.merge import RowMerger
from convert.metadata import PlannedTensor
from convert.parity import compare, is_untrained
from convert.plain_rows import PlainRows
from convert.plan import Plan
from convert.probes import DIALOGUES
from convert.proof import prove_tokenizer
from convert.reading import reading
from convert.reference import reference_logits
from convert.rounding_band import merging_band, root_mean_square, storing_band, unseen_below
from convert.sources import TensorReader
from convert.update_sizes import measure_updates

_SAMPLED_BLOCKS: Final = 4
_READ_AT_ONCE: Final = 1 << 20
_TEMPLATE: Final = "tokenizer.chat_template"
LONGEST_PROMPT: Final = 64
LONGEST_REPLY: Final = 512


class Level(IntEnum):
    """How much is verified; each level includes those below. NONE proves nothing."""

    NONE = 0
    STRUCTURE = 1
    WEIGHTS = 2
    FULL = 3


def verify_vocabulary(plan: Plan, path: Path, corpus: Path | None) -> dict[str, Any]:
    """Prove the tokenizer; needs the file's header and size only.

    Raises:
        VocabularyError: the two tokenizers differ.
    """
    proof = in_child(1, prove_tokenizer, path, plan.tokenizer, plan.vocabulary, corpus)
    return {"tokenizer": {"equal": True} | asdict(proof)}


def verify_file(
    plan: Plan,
    path: Path,
    level: Level,
    threads: int,
    hashes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the figures of every check up to `level`.

    `hashes`: every tensor's SHA-256 as it was written, where that is known.

    Raises:
        VerificationError: a check failed; it names the tensor or the measure, both numbers.
        EndlessReplyError: everything is right but the reply, which did not end.
        AdapterError: a module the adapter was to change is as it was.
    """
    figures: dict[str, Any] = {}
    if level >= Level.STRUCTURE:
        template = plan.description.chat_template
        known = hashes or {}, template, plan.header
        in_child(1, check_structure, plan.tensors, path, plan.size, *known)
        figures["structure"] = {"tensors": len(plan.tensors), "hashes": len(hashes or {})}
    if level >= Level.WEIGHTS:
        rows, worst = in_child(1, check_weights, plan.tensors, path)
        figures["weights"] = {"rows": rows, "worst_relative_error": worst}
        if any(tensor.merged.update for tensor in plan.tensors):
            merged = [tensor.merged for tensor in plan.tensors]
            figures["adapter"] = asdict(in_child(1, measure_updates, merged))
    if level >= Level.FULL:
        figures |= _compared(plan, path, threads)
    return figures


def _compared(plan: Plan, path: Path, threads: int) -> dict[str, Any]:
    prompts = prompts_of(plan)
    merged = [tensor.merged for tensor in plan.tensors]
    expected = in_child(threads, reference_logits, plan.parameters, merged, prompts)
    written = in_child(1, runtime.logits, path, prompts, threads)
    parity = compare(expected, written)
    judge = judged_as(plan.tensors, plan.mixture, plan.rules)
    if judge is not None:
        check_gates(parity, judge, plan.parameters.activation, path)
    held_to = {"judged_as": judge.name if judge is not None else None}
    figures: dict[str, Any] = {"logits": asdict(parity) | held_to, "reply": None}
    if not is_untrained(expected, prompts):  # random weights say nothing, and without end
        prompt = question_of(plan)
        most = min(LONGEST_REPLY, plan.parameters.context - len(prompt))
        ends = plan.vocabulary.end_ids
        tokens, ended = in_child(1, runtime.greedy_reply, path, prompt, most, threads, ends)
        if not ended:
            raise EndlessReplyError("reply_endless", path=path, tokens=tokens)
        figures["reply"] = {"tokens": tokens}
    return figures


def check_structure(
    tensors: Sequence[PlannedTensor],
    path: Path,
    size: int,
    hashes: Mapping[str, str] | None = None,
    template: str | None = None,
    planned_header: bytes | None = None,
) -> None:
    """Read the file back and compare every tensor's name, type, shape, length and hash.

    And what stands before them, byte by byte: sizes, rotation, tokens, tensors.

    Raises:
        VerificationError: names the first that differs.
    """
    found = path.stat().st_size
    if found != size:
        raise VerificationError("size_differs", path=path, expected=size, found=found)
    header = read_gguf_header(path)
    if template is not None and header.metadata.get(_TEMPLATE) != template:
        raise VerificationError("template_differs", path=path)
    written = dict(header.tensors)
    for tensor in tensors:
        merged, other = tensor.merged, written.pop(tensor.merged.name, None)
        if other != StoredTensor(int(tensor.kind), merged.shape, tensor.offset):
            raise VerificationError("tensor_differs", path=path, tensor=merged.name)
        wanted = (hashes or {}).get(merged.name)
        if (
            wanted is not None
            and _sha256_of(path, header.data + tensor.offset, tensor.bytes) != wanted
        ):
            raise VerificationError("tensor_damaged", path=path, tensor=merged.name)
    for name in written:
        raise VerificationError("tensor_differs", path=path, tensor=name)
    if planned_header is not None and (field := first_difference(planned_header, path)):
        raise VerificationError("header_differs", path=path, field=field)


def _sha256_of(path: Path, begin: int, count: int) -> str:
    """Return the hash of a stretch of the file, which a mapping would hold in memory whole."""
    digest = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        file.seek(begin)
        while count > 0 and (data := file.read(min(_READ_AT_ONCE, count))):
            digest.update(data)
            count -= len(data)
    return digest.hexdigest()


def check_weights(tensors: Sequence[PlannedTensor], path: Path) -> tuple[int, float]:
    """Recompute sample rows of every tensor and compare; return (rows, worst relative error).

    The plain formula is compared with what the merge computes, so that a fault of the merge shows
    however coarse the type is, and with what the file holds. What only PEFT computes is compared
    with the file alone.

    Raises:
        VerificationError: an error beyond what adding, or the type's rounding, explains.
    """
    begin = read_gguf_header(path).data
    dice = np.random.default_rng(0)
    count, worst = 0, 0.0
    with TensorReader() as reader:
        for tensor in tensors:
            merged = tensor.merged
            merger = RowMerger(reader, merged)
            only_peft = merged.update is not None and merged.update.foreign is not None
            plain = merger if only_peft else PlainRows(reader, merged)
            place, size = begin + tensor.offset, (merged.rows, tensor.row_bytes)
            stored = np.memmap(path, np.uint8, "r", place, size)
            blocks = merged.rows // merged.row_multiple
            for block in dice.choice(blocks, min(_SAMPLED_BLOCKS, blocks), replace=False):
                first = int(block) * merged.row_multiple
                last = first + merged.row_multiple
                expected = plain.rows(first, last)
                found = dequantize(stored[first:last], GGMLQuantizationType(int(tensor.kind)))
                # what is as small as what the type cannot store has no size to be wrong by
                scale = max(root_mean_square(expected), unseen_below(tensor.kind))
                error = 0.0
                for rows, most in (
                    (merger.rows(first, last), merging_band(expected)),
                    (found, storing_band(tensor.kind, expected)),
                ):
                    error = root_mean_square(rows.astype(np.float64) - expected)
                    if not error <= most:
                        raise VerificationError(
                            "weights_differ",
                            path=path,
                            tensor=merged.name,
                            row=first,
                            value=f"{error / scale:.3g}",
                            most=f"{most / scale:.3g}",
                        )
                count, worst = count + last - first, max(worst, error / scale)
    return count, worst


def prompts_of(plan: Plan) -> list[list[int]]:
    """Return two fixed dialogues in the model's own template, as token ids."""
    roles = ("user", "assistant", "user")
    return [
        _encoded(
            plan,
            [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)],
        )[:LONGEST_PROMPT]
        for texts in DIALOGUES
    ]


def question_of(plan: Plan) -> list[int]:
    """Return the first dialogue's first message and the reply's header, as token ids.

    A template that can begin a reply with long thoughts is asked not to.
    """
    (question, *_), *_ = DIALOGUES
    return _encoded(plan, [{"role": "user", "content": question}], enable_thinking=False)


def _encoded(plan: Plan, messages: Sequence[Mapping[str, str]], **asked: bool) -> list[int]:
    from convert.source_tokenizer import load_tokenizer  # noqa: PLC0415 - `full` alone needs it

    text = render(plan.description.chat_template, messages, plan.vocabulary, **asked)
    (ids,) = load_tokenizer(plan.tokenizer, plan.vocabulary).encode_all([text])
    return list(ids)
