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
        "我老公打我",
        "my husband hits me",
        "I'm not safe at home, my husband beats me",
        "我被强奸了",
        "I was raped last night",
        "my uncle raped me last night",
        "I feel suicidal",
    ],
)
def test_violence_that_goes_on_rape_and_a_wish_to_die_are_high(message: str) -> None:
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
    assert not told_by(read(message)) - {Told.OTHERS_ASSAULT}


def test_a_past_attempt_is_not_told_as_a_wish() -> None:
    assert Told.SUICIDE not in told_by(read("I tried to kill myself two years ago"))


@pytest.mark.parametrize(
    "message",
    [
        "我不想自杀，但是很难受",
        "医生问我有没有自杀的念头",
        "my therapist asked if I'm suicidal",
        "everyone at school tells me to kill myself",
        "my classmates told me to go kill myself",
        "people say I should kill myself",
        "the voices tell me to kill myself",
        "去年我想过自杀",
    ],
)
def test_what_was_asked_put_into_a_mouth_or_denied_is_not_said(message: str) -> None:
    assert Told.SUICIDE not in told_by(read(message))


@pytest.mark.parametrize(
    "message",
    [
        "我真想掐死我老公，他又忘了倒垃圾",
        "我室友吵死了，真想掐死她",
        "气得我想打死他，儿子又考了三十分",
        "我恨不得杀了那个司机，差点撞到我",
        "我想弄死我老板，开玩笑",
        "I will kill him if he leaves the toilet seat up again",
        "I swear I'll murder my landlord",
        "I'm going to strangle her, she borrowed my car",
        "I'm going to kill my flatmate when she gets home, she ate my cake",
        "I'm going to kill him, he bought a hammer and lost it",
    ],
)
def test_anger_without_means_is_asked_about_first(message: str) -> None:
    assert judge_message(message).level.rank < Level.HIGH.rank


@pytest.mark.parametrize(
    "message",
    [
        "I want to kill my boss, I bought a knife",
        "I want to kill my wife, I have the kitchen knife. He came to dinner.",
    ],
)
def test_an_everyday_word_takes_no_threat_with_means_back(message: str) -> None:
    assert judge_message(message).level is Level.EMERGENCY


@pytest.mark.parametrize(
    "message",
    [
        "she beats me at chess every time",
        "我儿子打我，他才三岁",
        "my son kicks me in his sleep",
        "my boyfriend chokes me in bed, I like it",
    ],
)
def test_play_sleep_and_small_children_are_no_violence(message: str) -> None:
    assert not told_by(read(message)) & {Told.VIOLENCE, Told.UNSAFE}


@pytest.mark.parametrize(
    "message",
    [
        "我七岁时被叔叔强奸了",
        "小时候，我被叔叔强奸了",
        "I dreamed I was raped",
        "我做梦被强奸了",
        "I was almost raped",
    ],
)
def test_what_is_long_past_dreamt_or_did_not_happen_is_no_rape_in_these_days(message: str) -> None:
    assert Told.ASSAULT not in told_by(read(message))


@pytest.mark.parametrize(
    "message", ["I tried to kill myself when I was 16", "I attempted suicide in 2019"]
)
def test_a_past_attempt_is_a_concern(message: str) -> None:
    assert judge_message(message).level is Level.CONCERN


@pytest.mark.parametrize(
    "message",
    [
        "my mum attempted suicide when I was 16",
        "I overdosed on chocolate once",
        "people attempted suicide in 2019 more than before",
    ],
)
def test_anothers_attempt_and_too_much_chocolate_are_none(message: str) -> None:
    assert Told.PAST_ATTEMPT not in told_by(read(message)) or (
        judge_message(message).level is Level.NONE
    )


def test_a_past_attempt_is_asked_about_once() -> None:
    told = "I tried to kill myself when I was 16"

    assert judge_message(told, [told, "I like my job"]).level is Level.NONE


def test_an_attempt_to_be_made_again_is_not_past() -> None:
    message = "我去年割过腕，今晚想再试一次"

    assert judge_message(message).level is Level.HIGH
    assert Told.PAST_ATTEMPT not in told_by(read(message))
