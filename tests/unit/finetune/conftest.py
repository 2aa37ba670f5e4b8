"""Corpora of our own writing for the tests of finetune."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.finetune_dialogues import write_public_corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def public_corpus(tmp_path: Path) -> Path:
    return write_public_corpus(tmp_path / "public.jsonl")


@pytest.fixture
def raw_file(tmp_path: Path) -> Callable[..., Path]:
    """Write messages given as (role, text) pairs, one list a dialogue."""

    def write(*dialogues: list[tuple[str, str]]) -> Path:
        path = tmp_path / "raw.jsonl"
        lines = [
            json.dumps({"id": n, "messages": [{"role": r, "content": c} for r, c in messages]})
            for n, messages in enumerate(dialogues)
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write
