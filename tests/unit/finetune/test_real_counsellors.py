"""The reply guard on what real counsellors said, where their dialogues lie."""

from __future__ import annotations

import json
import lzma
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.care.guard.reply import faults

DEV = Path(os.environ.get("SOULCHAT_CORPORA", "corpora")) / "smile-dev.jsonl.xz"
TRUE_OF_THEM = frozenset({"claims_to_be_human"})
"""They are human and say so; the program must not."""
pytestmark = [
    pytest.mark.finetune,
    pytest.mark.skipif(
        not DEV.is_file(),
        reason="the public corpora are not here; SOULCHAT_CORPORA would name their folder",
    ),
]


def replies() -> Iterator[tuple[str, list[str]]]:
    """Every reply, with what the person had said before it."""
    with lzma.open(DEV, "rt", encoding="utf-8") as lines:
        for line in lines:
            told: list[str] = []
            for message in json.loads(line)["messages"]:
                if message["role"] == "client":
                    told.append(message["content"])
                else:
                    yield message["content"], list(told)


def test_hardly_a_counsellor_is_withheld() -> None:
    found = [{each.name for each in faults(reply, told)} for reply, told in replies()]
    withheld = [names for names in found if names - TRUE_OF_THEM]

    assert len(found) > 6000
    assert len(withheld) * 500 <= len(found)  # what the classifier may withhold (ALARMS)
