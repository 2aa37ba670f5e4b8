"""What is said in so many words, and how grave that is at least: as the protocol's table says."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.data import table
from desktop_app.care.guard.message import judge_message
from desktop_app.care.guard.reading import read
from desktop_app.care.guard.told import Told, told_by
from desktop_app.care.guard.verdict import Category, Level


def test_every_entry_has_a_name_in_the_code() -> None:
    assert set(table("told")["words"]) == set(Told)


@pytest.mark.parametrize(
    "message",
    [
        "我想杀了他，刀就在手里",
        "今晚我就去杀了他",
        "I'm going to kill him, I have the knife in my hand",
        "I'll kill him tonight when he gets home",
    ],
)
def test_a_wish_to_kill_with_means_or_a_time_is_an_emergency(message: str) -> None:
    verdict = judge_message(message)

    assert verdict.level is Level.EMERGENCY
    assert Category.HARM_TO_OTHERS in verdict.categories


@pytest.mark.parametrize(
    "message",
    [
        "我想杀了他",
        "I want to kill him",
        "我老公打我",
        "my husband hits me",
        "I'm not safe at home, my husband beats me",
        "我被强奸了",
        "I was raped last night",
        "my uncle raped me last night",
        "I feel suicidal",
    ],
)
def test_a_wish_to_kill_and_violence_that_goes_on_are_high(message: str) -> None:
    assert judge_message(message).level is Level.HIGH


@pytest.mark.parametrize(
    "message",
    [
        "I want to kill my flatmate, she ate my cake",
        "I want to kill him, he ate my yoghurt again lol",
        "小时候我爸打我",
        "我爸打我电话没接",
        "我没有被强奸",
    ],
)
def test_what_is_cross_past_or_denied_is_not_high(message: str) -> None:
    assert judge_message(message).level.rank < Level.HIGH.rank


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("去年我自杀过，被救回来了", Told.PAST_ATTEMPT),
        ("I tried to kill myself two years ago", Told.PAST_ATTEMPT),
        ("我想自杀", Told.SUICIDE),
        ("I want to kill myself", Told.SUICIDE),
        ("昨晚被他强奸了", Told.ASSAULT),
    ],
)
def test_it_is_told(message: str, told: Told) -> None:
    assert told in told_by(read(message))


@pytest.mark.parametrize(
    "message",
    [
        "我朋友想自杀",
        "my friend is suicidal",
        "我朋友昨晚被强奸了",
        "my friend was raped last night",
    ],
)
def test_what_another_suffers_is_not_told_of_oneself(message: str) -> None:
    assert not told_by(read(message))


def test_a_past_attempt_is_not_told_as_a_wish() -> None:
    assert Told.SUICIDE not in told_by(read("I tried to kill myself two years ago"))
