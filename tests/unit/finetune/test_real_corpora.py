"""The importers on the real public corpora, where they lie; they are no part of the project."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from finetune.corpus.build import Imported, import_corpus, without_repeats_of
from finetune.split import normalised, split

FOLDER = Path(os.environ.get("SOULCHAT_CORPORA", "corpora"))
pytestmark = [
    pytest.mark.finetune,
    pytest.mark.skipif(
        not (FOLDER / "smile-train.jsonl.xz").is_file(),
        reason="the public corpora are not here; SOULCHAT_CORPORA would name their folder",
    ),
]
FILES = {"smile": "smile-train.jsonl.xz", "cpsycoun": "cpsycound.jsonl.xz"}


@pytest.fixture(scope="module")
def imported() -> dict[str, Imported]:
    return {form: import_corpus(form, FOLDER / name) for form, name in FILES.items()}


def test_what_the_importers_leave_is_sound(imported: dict[str, Imported]) -> None:
    for corpus in imported.values():
        for dialogue in corpus.dialogues:
            roles = [m.role for m in dialogue.messages]
            assert (roles[0], roles[-1]) == ("user", "assistant")
            assert all(a != b for a, b in pairwise(roles))
            assert all(m.content for m in dialogue.messages)
            assert not any(w in m.content for m in dialogue.messages for w in ("楼主", "题主"))


def test_the_known_faults_are_met_as_often_as_they_were_counted(
    imported: dict[str, Imported],
) -> None:
    # Counted in the files by another program: 7,967 and 731 end with the client, 2 and 2 have
    # an empty message. Two pairs of neighbours become one at a dialogue's end before the cut.
    smile, cpsycoun = (imported[form].faults for form in FILES)
    assert abs(smile["mended: ends with the client"] - 7967) <= 5
    assert abs(cpsycoun["mended: ends with the client"] - 731) <= 5
    assert smile["mended: empty message"] == cpsycoun["mended: empty message"] == 2


def test_no_question_of_the_test_file_is_trained_on(imported: dict[str, Imported]) -> None:
    dev = import_corpus("smile", FOLDER / "smile-dev.jsonl.xz").dialogues
    everything = [d for corpus in imported.values() for d in corpus.dialogues]
    kept = without_repeats_of(everything, dev)
    asked = {normalised(d.question) for d in dev}
    assert not asked & {normalised(d.question) for d in kept}
    assert 0.98 < len(kept) / len(everything) < 1


def test_no_source_question_stands_on_both_sides(imported: dict[str, Imported]) -> None:
    parts = split(imported["smile"].dialogues, 0.01)
    train = {normalised(d.question) for d in parts.train}
    assert not train & {normalised(d.question) for d in parts.held_out}
    assert parts.joined > 1000
