from __future__ import annotations

import pytest

from desktop_app.care.exercises import Exercise, exercises, find_exercise, listed
from desktop_app.errors import InputError
from resources.messages import Language, choose_language

EVERY = pytest.mark.parametrize("exercise", exercises().values(), ids=lambda each: each.id)


def test_breathing_grounding_and_muscles_are_there() -> None:
    assert list(exercises()) == ["breathing", "grounding", "muscles"]


@EVERY
def test_every_text_is_there_in_both_languages(exercise: Exercise) -> None:
    for texts in (exercise.titles, exercise.whens, exercise.all_steps):
        assert texts.keys() == {"zh", "en"}
        assert all(texts.values())
    assert len(exercise.all_steps["zh"]) == len(exercise.all_steps["en"]) >= 4


@EVERY
def test_it_was_seen_on_a_page_that_is_named(exercise: Exercise) -> None:
    assert exercise.evidence == "O"
    assert exercise.source


@EVERY
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_what_it_is_not(exercise: Exercise, language: Language) -> None:
    choose_language(language)

    text = exercise.text()

    assert {"zh": "不是医疗", "en": "not treatment"}[language] in text
    assert exercise.source in text
    for number, step in enumerate(exercise.steps, start=1):
        assert f"{number}. {step}" in text


def test_no_breath_is_held() -> None:
    pace = exercises()["breathing"].pace

    assert pace is not None
    assert (pace.breathe_in, pace.breathe_out) == (4, 6)
    assert pace.steps <= set(range(1, len(exercises()["breathing"].steps) + 1))


def test_the_list_names_each_by_what_it_is_asked_for() -> None:
    assert all(name in listed() for name in exercises())


def test_an_unknown_one_is_one_sentence_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="breathing, grounding"):
        find_exercise("nothing")
