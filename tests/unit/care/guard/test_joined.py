"""What a message says only together with what was told before it."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.data import table
from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.verdict import Category, Level


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (["被裁了", "房贷断供两个月"], "想跳"),
        (["me and my girlfriend made a pact", "saturday"], "pills"),
        (["失业了"], "想跳"),
        (["我和闺蜜约好"], "药"),
        (["他死了一年了", "今天是他忌日"], "我约了他今天见"),
    ],
)
def test_what_is_no_danger_alone_is_danger_after_what_was_told(
    before: list[str], message: str
) -> None:
    assert judge_message(message).level is Level.NONE

    verdict = judge_message(message, before)

    assert verdict.level.rank >= Level.CONCERN.rank
    assert Category.SUICIDE in verdict.categories


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (["被裁了"], "想跳槽"),
        (["待够了这家公司"], "想跳"),
        (["my friend and i made a pact to stop smoking"], "pills"),
        (["老爸走了一年了"], "我今天去看他"),
    ],
)
def test_harmless_messages_are_no_danger_together(before: list[str], message: str) -> None:
    assert judge_message(message, before).level is Level.NONE


@pytest.mark.parametrize(("before", "message"), [("失业了", "想跳"), ("我和闺蜜约好", "药")])
def test_what_may_be_an_errand_or_a_new_job_is_only_asked_about(before: str, message: str) -> None:
    assert judge_message(message, [before]).level is Level.CONCERN


def test_every_pair_names_both_scripts_on_both_sides() -> None:
    for pair in table("joined")["pair"]:
        for side in ("before", "now"):
            assert [one.isascii() for one in pair[side]] == [False, True], pair["name"]
