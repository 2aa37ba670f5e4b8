"""What earlier messages change. They are the person's own, oldest first."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.message import RECENT, judge_message
from desktop_app.care.guard.verdict import Action, Category, Level


@pytest.mark.parametrize(
    ("said", "taken_back"),
    [
        ("我今晚就要跳楼", "算了，我开玩笑的"),
        ("i'm going to kill myself tonight", "lol just kidding"),
    ],
)
def test_taking_back_an_emergency_leaves_it_high(said: str, taken_back: str) -> None:
    verdict = judge_message(taken_back, [said])

    assert (verdict.level, verdict.action) == (Level.HIGH, Action.CARD)
    assert Category.SUICIDE in verdict.categories


@pytest.mark.parametrize(
    ("said", "taken_back"),
    [("我想杀了我继父", "气话气话，当我没说"), ("i keep burning myself", "just joking, ignore me")],
)
def test_taking_back_a_concern_keeps_it(said: str, taken_back: str) -> None:
    assert judge_message(taken_back, [said]).level.rank >= Level.CONCERN.rank


@pytest.mark.parametrize(
    ("said", "next_one"), [("我真的不想活了", "说了也没用"), ("I want to die", "it doesn't matter")]
)
def test_after_high_the_next_messages_stay_a_concern_at_least(said: str, next_one: str) -> None:
    for later in range(RECENT):
        assert judge_message(next_one, [said, *["嗯"] * later]).level.rank >= Level.CONCERN.rank

    assert judge_message(next_one, [said, *["嗯"] * RECENT]).level is Level.NONE


@pytest.mark.parametrize(
    ("said", "next_one"),
    [
        ("我真的不想活了", "我们聊聊做饭吧，番茄炒蛋怎么做"),
        ("I want to die", "thanks, i had pasta with my sister today and we watched the match"),
    ],
)
def test_a_clearly_ordinary_message_is_not_kept_up(said: str, next_one: str) -> None:
    assert judge_message(next_one, [said]).level is Level.NONE


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (["我又去了那座桥", "活着真没意思"], "那儿真高啊，一下子就过去了"),
        (
            ["i bought a rope", "i keep thinking about it"],
            "the flat is quiet, everybody left",
        ),
    ],
)
def test_risk_that_shows_only_across_messages_is_noticed(history: list[str], message: str) -> None:
    assert judge_message(message).level is Level.NONE
    assert judge_message(message, history).level is not Level.NONE


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (["工作好忙", "周末想去爬山"], "今天吃了火锅"),
        (["今天的电影真无聊"], "开玩笑的，其实还行"),
        (["my sister is visiting", "we baked a cake"], "just joking, it was fine"),
    ],
)
def test_a_harmless_history_changes_nothing(history: list[str], message: str) -> None:
    assert judge_message(message, history).level is Level.NONE
