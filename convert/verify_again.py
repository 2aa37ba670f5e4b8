"""A written file held to its sources once more, and to the card beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convert.cost import memory_of_verifying
from convert.errors import VerificationError
from convert.ggml import TensorType
from convert.inspection import describe
from convert.json_file import read_optional_object
from convert.mixtures import Mixture, TypeRule
from convert.plan import make_plan
from convert.targets import PATTERN_ERRORS
from convert.verify import Level, verify_file, verify_vocabulary
from convert.writer import file_sha256


def verify_again(
    file: Path, base: Path, adapter: Path | None, level: Level, threads: int, corpus: Path | None
) -> dict[str, Any]:
    """Return the figures of every check up to `level`, structure at least.

    A `model.json` that describes the file names its types and holds its hashes.

    Raises:
        OutputError: less memory is free than `full` needs.
        VerificationError: the file is not what it was, or not what its sources make.
    """
    described = describe(file)
    mixture = _mixture_of(file, described["file_type"])
    card_file = file.with_name("model.json")
    card = read_optional_object(card_file)
    expected = card.get("sha256")
    found = file_sha256(file) if expected is not None else None
    if card.get("file") != file.name and (found is None or found != expected):
        card = {}  # that of another file; a renamed one keeps its card
    elif found != expected:
        raise VerificationError("file_damaged", path=file, expected=expected, found=found)
    rules = _rules_of(card_file, card)
    named = described["metadata"].get("general.name")  # else a renamed file would be accused
    unnamed = named if isinstance(named, str) else None
    plan = make_plan(base, adapter, file, mixture, rules, unnamed)
    memory_of_verifying(plan, level)
    hashes = card.get("tensors")
    hashes = hashes if isinstance(hashes, dict) else None
    figures = verify_file(plan, file, Level.STRUCTURE, threads, hashes)
    figures |= verify_vocabulary(plan, file, corpus)
    return figures | verify_file(plan, file, level, threads, hashes)


def _mixture_of(file: Path, number: int) -> Mixture:
    try:
        return Mixture(number)
    except ValueError as error:
        known = ", ".join(one.name for one in Mixture)
        raise VerificationError(
            "file_type_unknown", path=file, found=number, known=known
        ) from error


def _rules_of(path: Path, card: Mapping[str, Any]) -> list[TypeRule]:
    """Return the types a person chose, in their order; older cards hold them as an object."""
    named = card.get("tensor_types") or []
    pairs = named.items() if isinstance(named, dict) else named
    try:
        rules = [TypeRule(pattern, TensorType[kind]) for pattern, kind in pairs]
        for rule in rules:
            re.compile(rule.pattern)
    except (TypeError, ValueError, KeyError, *PATTERN_ERRORS) as error:
        raise VerificationError("config_field", path=path, field="tensor_types") from error
    return rules
