"""The guard's small network and the thresholds: training and app compute the same."""

from __future__ import annotations

from dataclasses import replace
from multiprocessing import resource_tracker

import numpy as np
import pytest

from desktop_app.care.guard.classifier import shipped
from desktop_app.care.guard.message import InContext, judge_message, recent_of
from desktop_app.care.guard.network import Network
from desktop_app.care.guard.rules import least
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.tokens import EARLIER, LONGEST, sequence, tokens
from finetune.guard import ensemble
from finetune.guard.app import LEVELS, Seen
from finetune.guard.cases import Case
from finetune.guard.network import Row, scored, trained
from finetune.guard.thresholds import Signals, Unlearnt, settled, thresholds

SAID = (
    ("i cant do this anymore", ("tonight is the night", "the door is locked")),
    ("我把药都放在桌上了", ()),
    ("周末去爬山吗", ("最近不想活了",)),
    ("开玩笑的", ("我今晚就要跳楼",)),
    ("kms i replied to the whole company 💀", ()),
    ("the printer is killing me", ("work was long", "my boss is odd")),
)


def rows() -> list[Row]:
    return [
        Row(*sequence(tokens(text), [tokens(one) for one in history])) for text, history in SAID
    ]


@pytest.mark.finetune
def test_torch_and_the_app_compute_the_same_scores() -> None:
    import torch

    from finetune.guard.layers import Layers

    torch.manual_seed(3)
    net = Layers().eval()
    app = Network.of({f"net0_{name}": array for name, array in net.stored().items()}, 0)

    computed = [list(app.scores(row.tokens, row.before).values()) for row in rows()]

    assert np.allclose(computed, scored(net, rows()), atol=0.02)


@pytest.mark.finetune
def test_a_network_learns_the_same_from_the_same_messages() -> None:
    labels = ("ideation", "emergency", "none", "history", "none", "none")
    cases = [
        Case(text, history, label, unsure=False, lang="zh", source=f"written/{text}")
        for (text, history), label in zip(SAID, labels, strict=True)
    ]

    first, again = (scored(trained(rows(), cases, np.arange(6)), rows()) for _ in range(2))

    assert np.array_equal(first, again)


@pytest.mark.finetune
def test_what_is_in_a_fold_is_scored_by_networks_that_have_not_learnt_from_it() -> None:
    labels = ("ideation", "emergency", "none", "history", "none", "none")
    cases = [
        Case(text, history, label, unsure=False, lang="zh", source=f"written/{text}")
        for (text, history), label in zip(SAID, labels, strict=True)
    ]
    there, others = np.array([0, 4]), np.array([1, 2, 3, 5])
    each = [
        scored(trained(rows(), cases, others, seed), [rows()[0], rows()[4]])
        for seed in range(ensemble.NETWORKS)
    ]

    found = ensemble.unseen(rows(), cases, [there])
    resource_tracker._resource_tracker._stop()  # it outlives the workers it was begun for

    assert np.allclose(found[there], np.mean(each, axis=0))
    assert not found[others].any()
    assert not np.allclose(each[0], each[1])


def test_a_long_message_leaves_room_for_what_was_said_before() -> None:
    row, before = sequence(tokens("长" * 1000), [tokens("前" * 100)])

    assert (len(row), before) == (LONGEST + EARLIER, EARLIER)


@pytest.mark.parametrize(("text", "history"), SAID)
def test_thresholds_are_chosen_on_what_the_app_judges(text: str, history: tuple[str, ...]) -> None:
    context = InContext.of(Said.of(text), recent_of(history))
    scores = shipped().scores(context.seen)
    rank = LEVELS.index
    seen = Seen(
        context.seen.indices,
        Row(context.seen.row, context.seen.before),
        rank(least([hit for hit in context.new.hits if hit.rule.wish])),
        rank(least([hit for hit in context.new.hits if not hit.rule.wish])),
        rank(context.most),
        rank(context.kept),
        context.ordinary,
        "joke" in context.new.concepts,
        context.form,
    )
    limit = shipped().thresholds[context.form]
    signals = Signals.of([seen], np.array([scores["risk"]]), np.array([scores["emergency"]]))

    found = signals.levels({name: getattr(limit, name) for name in limit.__slots__})

    assert LEVELS[found[0]] == judge_message(text, history).level


def test_thresholds_keep_false_alarms_within_bounds() -> None:
    rng = np.random.default_rng(5)
    labels = ["none"] * 400 + ["emergency"] * 100
    cases = [
        Case("", (), label, unsure=False, lang="zh", source=f"written/{n}", hand="first")
        for n, label in enumerate(labels)
    ]
    nothing = np.zeros(500, dtype=np.int64)
    signals = Signals(
        risk=rng.normal(np.repeat([-2.0, 2.0], [400, 100])),
        emergency=rng.normal(np.repeat([-2.0, 2.0], [400, 100])),
        wish=nothing,
        act=np.repeat([0, 3], [490, 10]),
        most=nothing + 3,
        kept=nothing,
        ordinary=nothing + 0.75,
        joke=nothing > 0,
        form=np.repeat("short", 500),
    )

    limit = thresholds(cases, signals)["short"]
    levels = signals.levels(limit)

    assert 0.05 < (levels[:400] >= 1).mean() <= 0.07
    assert (levels[:400] >= 2).mean() <= 0.02
    assert (levels[400:] >= 2).mean() > 0.9


def test_a_mailbox_and_real_messages_stay_within_the_goal_and_no_emergency_is_given_away() -> None:
    rng = np.random.default_rng(7)
    labels = (["none"] * 100 + ["emergency"] * 20) * 2
    cases = [
        Case("", (), label, unsure=False, lang="zh", source=f"written_bounds/{n}")
        for n, label in enumerate(labels)
    ]
    nothing = np.zeros(240, dtype=np.int64)
    middle = np.where(np.array(labels) == "none", -2.0, 1.5)
    signals = Signals(
        risk=rng.normal(middle),
        emergency=rng.normal(middle),
        wish=nothing,
        act=nothing,
        most=nothing + 3,
        kept=nothing,
        ordinary=nothing + 0.75,
        joke=nothing > 0,
        form=np.repeat("told", 240),
    )
    before = {"concern": 9.0, "high": 9.0, "emergency": 9.0, "sober": -9.0, "sober_wish": -9.0}

    mailbox, no_real = Unlearnt(cases, signals), Unlearnt([], signals.where(nothing > 0))
    limit = settled({"told": before}, mailbox, no_real)["told"]

    levels = signals.levels(limit)
    harmless, urgent = np.array(labels) == "none", np.array(labels) == "emergency"
    assert (levels[harmless] >= 1).mean() <= 0.08
    assert (levels[harmless] >= 2).mean() <= 0.02
    higher = {**limit, "high": limit["high"] + 0.02}
    assert (signals.levels(higher)[urgent] >= 2).sum() < (levels[urgent] >= 2).sum()
    assert limit["sober"] == before["sober"]

    graver = replace(signals, risk=signals.risk + 1)
    real = [replace(case, source=f"smile/{n}/0") for n, case in enumerate(cases)]
    limit = settled({"told": before}, mailbox, Unlearnt(real, graver))["told"]
    assert (graver.levels(limit)[harmless] >= 1).mean() <= 0.08
    assert limit["concern"] > 0


def test_no_bound_is_raised_past_an_emergency_that_no_mailbox_holds() -> None:
    """A mailbox holds few: without others, what none of its own reaches would be out of reach."""
    nothing = np.zeros(200, dtype=np.int64)
    labels = ["none"] * 100 + ["emergency"] * 100
    cases = [Case("", (), label, unsure=False, lang="zh", source="written/1") for label in labels]
    scores = np.repeat([-3.0, 1.0], [100, 100])
    signals = Signals(
        risk=scores,
        emergency=scores,
        wish=nothing,
        act=nothing,
        most=nothing + 3,
        kept=nothing,
        ordinary=nothing + 0.75,
        joke=nothing > 0,
        form=np.repeat("told", 200),
    )
    before = {"concern": 9.0, "high": 9.0, "emergency": 9.0, "sober": -9.0, "sober_wish": -9.0}
    calm = Unlearnt(cases[:100], signals.where(scores < 0))

    limit = settled({"told": before}, calm, Unlearnt(cases, signals))["told"]

    assert (signals.levels(limit)[100:] >= 2).all()
