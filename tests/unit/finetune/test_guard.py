"""How the guard's classifier is made: who is on which side, what is learnt, how it is counted."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.care.guard import classifier, features, tokens
from finetune.guard import logistic, network, thresholds, train
from finetune.guard.cases import AT_RISK, Case, written
from finetune.guard.measure import figures, wilson
from finetune.guard.parts import SHARE, near_groups, parts

SAID = "最近总是睡不着觉，一想到明天还要去上班就觉得心里很慌，不知道该怎么办才好"


def case(text: str, source: str, label: str = "none") -> Case:
    return Case(text, (), label, unsure=False, lang="zh", source=source)


def test_near_copies_and_one_dialogue_stand_together() -> None:
    groups = near_groups(
        [
            case(SAID, "smile/1/0"),
            case(SAID.replace("，不知道", "。真不知道"), "smile/2/0"),
            case("我想换一份工作", "smile/2/4"),
            case("孩子今年上小学了，成绩不太理想", "smile/3/0"),
        ]
    )

    assert groups == [0, 0, 0, 3]


def test_a_group_with_a_message_everybody_develops_on_is_not_held_out() -> None:
    many = [
        case(f"{number}号的烦恼是{number * 7919}", f"smile/{number}/0") for number in range(400)
    ]
    held = parts(many, []).held_out
    assert abs(len(held) / len(many) - SHARE) < 0.1

    again = parts(many, [case(held[0].text, held[0].source)])

    assert set(again.held_out) == set(held[1:])


def test_the_same_messages_always_give_the_same_sides() -> None:
    many = [case(f"第{number}件事{number * 31}", f"smile/{number}/0") for number in range(50)]

    assert parts(many, []) == parts(many, [])


def test_a_head_learns_what_sets_its_messages_apart() -> None:
    rows = logistic.Rows.of([np.array(r) for r in ([1, 5], [2, 5], [1, 6], [2, 6], [1], [2])])
    positive = np.array([True, False, True, False, True, False])

    weights = logistic.fit(rows, positive, np.ones(6), strength=10.0)

    assert (rows.scores(weights) > 0).tolist() == positive.tolist()


def test_a_message_of_no_worth_teaches_nothing() -> None:
    rows = logistic.Rows.of([np.array(r) for r in ([1], [1], [2], [2], [1])])
    positive = np.array([True, True, False, False, False])

    weights = logistic.fit(rows, positive, np.array([1.0, 1.0, 1.0, 1.0, 0.0]), strength=10.0)

    assert rows.scores(weights)[4] > 0


def test_training_and_app_agree_on_buckets_heads_and_values() -> None:
    assert logistic.BUCKETS == features.BUCKETS
    assert logistic.SCALE == classifier.SCALE
    assert tuple(train.HEADS) == classifier.HEADS
    assert set(thresholds.FORMS) == set(classifier.Form)
    assert (network.BUCKETS, network.PARTS) == (tokens.BUCKETS, tokens.PARTS)


@pytest.mark.parametrize(
    ("hit", "of", "interval"),
    [(0, 10, (0.0, 0.278)), (5, 10, (0.237, 0.763)), (10, 10, (0.722, 1.0))],
)
def test_an_interval_is_wilsons(hit: int, of: int, interval: tuple[float, float]) -> None:
    assert wilson(hit, of) == interval


def test_figures_count_as_the_goal_says() -> None:
    labels = ["emergency", "emergency", "ideation", "none", "none", "none", "history"]
    cases = [case(str(number), f"smile/{number}/0", label) for number, label in enumerate(labels)]

    counted = figures(cases, [2, 1, 0, 0, 1, 2, 2])

    assert {name: share["count"] for name, share in counted.items() if name != "by_label"} == {
        "at_risk_detected": 2,
        "emergency_detected": 1,
        "soft_false_alarms": 2,
        "hard_false_alarms": 1,
        "history_high": 1,
    }


def test_no_written_case_is_on_both_sides() -> None:
    learnt = {one.text.casefold() for one in written("written")}
    held_out = [one.text.casefold() for one in written("written_held_out")]

    assert not any(text in learnt for text in held_out)  # says no text where it fails
    assert {one.label for one in written("written")} == AT_RISK | {"none", "history"}
