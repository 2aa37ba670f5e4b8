"""A death that is told, and who would follow."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.another import GONE, SEEN
from desktop_app.care.guard.mourning import deaths_told, lost_lately
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.said import Said
from desktop_app.care.guard.told import Told, told_by


def _told(message: str, *before: str) -> frozenset[str]:
    readings = [read(each) for each in (*before, message)]
    return deaths_told(Said.of(message), readings, (), stands=True, of_another=True)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("送医院了", "昨晚走了"),
        ("在抢救", "她走了"),
        ("my husband shot himself", "he's gone"),
        ("he is in the ICU", "he's gone"),
    ],
)
def test_gone_means_dead_after_a_hospital_or_a_deed_few_outlive(before: str, message: str) -> None:
    assert GONE in _told(message, before)


@pytest.mark.parametrize(
    ("before", "message"),
    [("他说想死", "他走了"), ("my friend says she wants to die", "she's gone")],
)
def test_gone_means_away_elsewhere(before: str, message: str) -> None:
    assert GONE not in _told(message, before)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        *(
            ("他要跳桥", "他走了"),
            ("我老公说要跳江", "他走了"),
            ("送医院了", "她走了，自己跑出医院了"),
        ),
        *(("他跳楼被救下来了，没事了", "他走了"), ("she won't go to hospital", "she's gone")),
        ("she is in hospital", "she's gone, she walked out of the ward"),
        ("he nearly hanged himself", "he's gone"),
    ],
)
def test_after_a_threat_or_with_where_they_went_it_means_away(before: str, message: str) -> None:
    assert GONE not in _told(message, before)


@pytest.mark.parametrize(
    "message",
    [
        "我上周打电话的朋友割腕走了，我也准备好了",
        "my best friend hanged herself last week and I'm next",
    ],
)
def test_who_would_follow_is_told_from_who_mourns(message: str) -> None:
    said = Said.of(message)
    told = deaths_told(said, [said.reading], (), stands=False, of_another=False)
    assert told == {Told.FOLLOWS, Told.SUICIDE}


@pytest.mark.parametrize("message", ["没有救回来", "she died at the scene", "明天火化"])
def test_death_is_told_in_many_words(message: str) -> None:
    assert GONE in _told(message)


@pytest.mark.parametrize("message", ["我看到有人跳楼", "i saw a man jump off a building"])
def test_a_strangers_death_before_ones_eyes_is_a_shock(message: str) -> None:
    told = deaths_told(Said.of(message), [read(message)], (), stands=False, of_another=False)
    assert told == {GONE, SEEN}


@pytest.mark.parametrize("message", ["我看到一个人站在桥上要跳", "我看到有人跳楼，我也想跳"])
def test_who_is_about_to_die_was_not_seen_dying(message: str) -> None:
    told = deaths_told(Said.of(message), [read(message)], (), stands=False, of_another=False)
    assert SEEN not in told


def test_a_loss_of_the_last_weeks_is_told_from_one_of_long_ago() -> None:
    assert lost_lately(Said.of("我女儿上个月自杀走的"))
    assert not lost_lately(Said.of("初中有个同学喝药没了，今天路过母校忽然想起来"))


def test_to_go_with_somebody_is_death_only_after_theirs() -> None:
    assert Told.SUICIDE in told_by(read("我妈去世了，我想跟她去"))
    assert Told.SUICIDE not in told_by(read("哥哥去当兵，我也想跟他去"))
