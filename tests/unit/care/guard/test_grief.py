"""What stands beside a death that was told."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.grief import endangers, grieves, turns, would_follow
from desktop_app.care.guard.reading import read


@pytest.mark.parametrize("message", ["我睡不着", "明天葬礼", "I can't stop crying", "I miss him"])
def test_what_is_known_as_grief_is_grief(message: str) -> None:
    assert grieves(read(message).clauses)


@pytest.mark.parametrize(
    "message",
    ["我在整理房间", "我哭着把药都数好了", "I went to work", "I can't sleep, I have his gun"],
)
def test_anything_else_is_not_known_as_grief(message: str) -> None:
    assert not grieves(read(message).clauses)


@pytest.mark.parametrize(
    "message",
    [
        *("下一个就是我", "我不会让她等太久", "我站在同一个阳台上", "遗书写好了", "他的药还剩一瓶"),
        *("I've written my letters", "I have the gun", "I'm on the same platform", "my turn"),
    ],
)
def test_means_letters_the_same_place_and_readiness_are_danger(message: str) -> None:
    assert endangers(read(message).clauses)


def test_a_burial_is_prepared_without_danger() -> None:
    assert not endangers(read("我爸妈在办后事").clauses)
    assert endangers(read("我的后事也想好了").clauses)


def test_words_of_another_are_theirs_but_a_means_is_at_hand() -> None:
    assert not endangers(read("my mum says she will too").clauses, of_another=True)
    assert endangers(read("she left pills").clauses, of_another=True)


def test_a_death_and_ones_own_may_stand_in_one_clause() -> None:
    assert turns(read("my best friend hanged herself last week and I'm next").clauses)
    assert not turns(read("my best friend hanged herself last week").clauses)


@pytest.mark.parametrize("message", ["我也想跳", "I'm on the same bridge"])
def test_to_follow_alarms_by_itself(message: str) -> None:
    assert would_follow(read(message).clauses)
    assert not would_follow(read("我准备考研").clauses)
