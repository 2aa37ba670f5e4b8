"""The classifier of replies: what it learns from, and that training and app see the same."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.care.guard import reply_classifier
from desktop_app.care.guard.data import is_latin
from desktop_app.care.guard.reply import faults, listed, sentences_of
from finetune.guard import replies
from finetune.guard.replies import FAULTS, Reply, sentences, written

GUARD = resources.files("resources").joinpath("guard")
LEARNT = written("written_replies")
HELD_OUT = written("written_replies_held_out")


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GUARD.joinpath("replies.json").read_text(encoding="utf-8"))
    return found


def test_training_and_app_agree_on_heads_and_names() -> None:
    assert ("any", *FAULTS) == reply_classifier.HEADS
    assert set(reply_classifier.shipped().bounds) == set(replies.SCRIPTS)


@pytest.mark.parametrize("reply", [*LEARNT[::40], *HELD_OUT[::10]], ids=lambda r: r.hand)
def test_a_written_reply_holds_what_is_marked_in_it(reply: Reply) -> None:
    assert (reply.fault != "none") == bool(reply.bad)
    assert reply.bad in reply.text
    assert reply.fault in {"none", *FAULTS}


def test_no_reply_is_on_both_sides() -> None:
    assert {each.text for each in LEARNT}.isdisjoint(each.text for each in HELD_OUT)


def test_only_the_marked_sentence_of_a_reply_is_wrong() -> None:
    reply = Reply(
        "先喝口水。我不会告诉别人的！慢慢来。", "我不会告诉别人的！", "secrecy", "zh", "x"
    )

    found = sentences([reply])

    assert found.fault.tolist() == ["none", "secrecy", "none"]
    assert found.worth.tolist() == [replies.BESIDE, 1.0, replies.BESIDE]


def test_the_held_out_replies_give_the_published_figures(published: dict[str, Any]) -> None:
    withheld = np.array([bool(faults(each.text)) for each in HELD_OUT])
    by_lists = np.array([bool(listed(each.text)) for each in HELD_OUT])

    for lang in ("zh", "en"):
        for name, wrong in (("wrong", True), ("harmless", False)):
            marks = np.array([(e.bad != "") is wrong and e.lang == lang for e in HELD_OUT])
            figures = published["measured"][f"{name}_{lang}"]
            assert figures["both"]["count"] == int((marks & withheld).sum())
            assert figures["lists"]["count"] == int((marks & by_lists).sum())
            assert figures["both"]["of"] == int(marks.sum())


def test_few_harmless_replies_are_withheld_and_many_wrong_ones(published: dict[str, Any]) -> None:
    found = published["measured"]
    for lang in ("zh", "en"):
        assert found[f"harmless_{lang}"]["both"]["share"] <= 0.08
        assert (
            found[f"wrong_{lang}"]["both"]["count"] >= 2 * found[f"wrong_{lang}"]["lists"]["count"]
        )
    assert published["unseen"]["harmless_real"]["both"]["share"] <= 0.01


def test_each_sentence_is_seen_with_the_one_before_it() -> None:
    alone = next(reply_classifier.seen(["我不会告诉别人的"]))
    after = list(reply_classifier.seen(["你要我保密吗", "我不会告诉别人的"]))[1]

    assert set(alone) < set(after)


def test_the_bound_is_that_of_the_sentences_script() -> None:
    classifier = reply_classifier.shipped()
    for reply in HELD_OUT:
        said = list(sentences_of(reply.text))
        for sentence, indices in zip(said, reply_classifier.seen(said), strict=True):
            bound = classifier.bounds["latin" if is_latin(sentence) else "other"]
            heard = classifier.fault(sentence, indices) is not None
            assert heard is bool(classifier.scores(indices)[0] >= bound)


def test_training_writes_what_the_app_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"written_replies": LEARNT[::60], "written_replies_held_out": HELD_OUT[::4]}
    monkeypatch.setattr(replies, "written", few.__getitem__)
    smile = tmp_path / "smile.jsonl"
    talks = [
        [
            {"role": "client", "content": "睡不着"},
            {"role": "counselor", "content": f"第{n}晚了吧？"},
        ]
        for n in range(20)
    ]
    smile.write_text(
        "".join(json.dumps({"id": n, "messages": each}) + "\n" for n, each in enumerate(talks)),
        encoding="utf-8",
    )

    facts = replies.make_replies(smile, tmp_path / "out")

    assert facts["learnt_from"] == {"written": len(LEARNT[::60]), "real": 20}
    made = reply_classifier.load(tmp_path / "out")
    assert made.bounds == facts["bounds"]
    said = list(sentences_of(LEARNT[0].text))
    for indices in reply_classifier.seen(said):
        assert np.isfinite(made.scores(indices)).all()
    assert "$" not in (tmp_path / "out" / "REPLIES_CARD.md").read_text(encoding="utf-8")
