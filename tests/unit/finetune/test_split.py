"""No source question stands on both sides of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finetune.corpus.build import import_corpus
from finetune.corpus.dialogue import Dialogue, Message
from finetune.split import normalised, split

if TYPE_CHECKING:
    from pathlib import Path


def asking(number: int, question: str) -> Dialogue:
    messages = (Message("user", question), Message("assistant", "嗯。"))
    return Dialogue(f"d{number}", "own", "CC0-1.0", None, messages)


LONG = "我今年大二，觉得专业和想象的不一样，每天上课都很煎熬，想转专业又怕来不及"


def test_the_same_corpus_splits_the_same_way_in_any_order(public_corpus: Path) -> None:
    dialogues = import_corpus("smile", public_corpus).dialogues
    assert split(dialogues, 0.3) == split(dialogues[::-1], 0.3)


def test_dialogues_of_one_question_stay_together() -> None:
    dialogues = [asking(n, f"{LONG}，问题{n // 10}") for n in range(200)]
    parts = split(dialogues, 0.5)
    train = {normalised(d.question) for d in parts.train}
    assert not train & {normalised(d.question) for d in parts.held_out}
    assert len(parts.train) + len(parts.held_out) == 200


def test_questions_that_nearly_agree_stay_together() -> None:
    pairs = [
        asking(2 * n + k, f"第{chr(0x4E00 + 97 * n) * 12}件事{LONG[n % 7 :]}{tail}")
        for n in range(40)
        for k, tail in enumerate(("", "，求助！"))
    ]
    parts = split(pairs, 0.5)
    sides = [{int(d.id[1:]) // 2 for d in side} for side in (parts.train, parts.held_out)]
    assert not sides[0] & sides[1]
    assert parts.joined >= 40


def test_width_and_punctuation_make_no_other_question() -> None:
    assert normalised("ＡＢＣ，为什么？") == normalised("abc 为什么")


def test_every_dialogue_lands_on_one_side(public_corpus: Path) -> None:
    dialogues = import_corpus("smile", public_corpus).dialogues
    parts = split(dialogues, 0.3)
    ids = sorted(d.id for d in (*parts.train, *parts.held_out))
    assert ids == sorted(d.id for d in dialogues)
