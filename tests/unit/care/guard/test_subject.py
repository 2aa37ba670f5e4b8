"""Whom a message speaks of, where nothing but a classifier hears danger in it."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.said import Said
from desktop_app.care.guard.subject import heard_of_another
from desktop_app.care.guard.verdict import ACTIONS, Category, Level, Verdict

GRAVE = Verdict(Level.HIGH, (Category.SUICIDE,), ACTIONS[Level.HIGH])
NONE = Verdict(Level.NONE, (), ACTIONS[Level.NONE])


def _heard(message: str, *before: str, own: Verdict = GRAVE) -> Level | None:
    return heard_of_another(Said.of(message), [Said.of(each) for each in before], GRAVE, own)


@pytest.mark.parametrize(
    "message",
    [
        "my mom's been stockpiling her pain meds",
        "she left her phone and a note",
        "我妈住院前把存折给我，说以后用不着了",
        "个仔说不想上学，想死",
    ],
)
def test_who_is_the_subject_is_in_danger(message: str) -> None:
    assert _heard(message) is Level.HIGH


@pytest.mark.parametrize(
    "message",
    [
        "my boyfriend left, nothing matters",
        "they would be better off without me",
        "she doesn't know I have the pills here",
        "my mom is dead",
        "老师再见同学再见妈妈再见",
        "我爸妈去喝喜酒了，阳台护栏不高",
        "男朋友不要我了，想死",
    ],
)
def test_who_writes_is_in_danger_where_they_are_a_subject_too(message: str) -> None:
    assert _heard(message) is None


def test_a_talk_about_another_goes_on() -> None:
    before = "my flatmate hasn't come out of her room in two days"
    assert _heard("there's a note on the door", before, own=NONE) is Level.HIGH
    assert _heard("there's a note on the door", "I feel so tired", own=NONE) is None
    assert _heard("the pills are on the table", before, own=NONE) is None


def test_violence_is_no_danger_of_who_does_it() -> None:
    abuse = Verdict(Level.HIGH, (Category.SUICIDE, Category.ABUSE), ACTIONS[Level.HIGH])
    said = Said.of("he cleans up the blood himself after")
    assert heard_of_another(said, (), abuse, abuse) is None
