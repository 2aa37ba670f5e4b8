from __future__ import annotations

import pytest

from desktop_app.care.card import crisis_card
from desktop_app.care.hotlines import regions
from resources.messages import Language, choose_language


def test_mainland_china_names_emergency_numbers_first_then_12356() -> None:
    card = crisis_card("CN")

    assert [row[:3] for row in card.emergency] == ["120", "110", "119"]
    assert card.lines[0].startswith("12356")


@pytest.mark.parametrize("region", ["US", "CA"])
def test_north_america_names_911_and_988(region: str) -> None:
    card = crisis_card(region)

    assert card.emergency[0].startswith("911")
    assert card.lines[0].startswith("988")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("region", [*regions(), None])
def test_every_card_has_two_lines_and_an_emergency_row(
    region: str | None, language: Language
) -> None:
    choose_language(language)

    card = crisis_card(region)

    assert card.emergency
    assert len(card.lines) >= (2 if region else 1)


@pytest.mark.parametrize(("region", "line"), [("AU", "1800 55 1800"), ("KR", "1388")])
def test_for_the_young_a_line_of_their_own_stands_second(region: str, line: str) -> None:
    assert crisis_card(region, young=True).lines[1].startswith(line)


@pytest.mark.parametrize(("region", "line"), [("CN", "12355"), ("DE", "116 111")])
def test_one_that_does_not_answer_at_night_stands_third(region: str, line: str) -> None:
    """Two lines are shown at once; at three in the morning one of them has to answer."""
    assert crisis_card(region, young=True).lines[2].startswith(line)


@pytest.mark.parametrize("region", regions())
def test_the_young_have_all_the_lines_that_others_have(region: str) -> None:
    assert {*crisis_card(region, young=True).lines} == {*crisis_card(region).lines}


def test_for_all_others_the_lines_of_the_young_come_last() -> None:
    assert crisis_card("NZ").lines[-1].startswith("0800 37 66 33")


def test_it_says_what_to_do_when_nobody_answers() -> None:
    assert any("没有人接听" in step for step in crisis_card("CN").steps)


def test_it_asks_to_check_numbers_nobody_has_checked() -> None:
    assert any("尚未" in note for note in crisis_card("CN").notes)


def test_it_says_that_a_program_shows_it() -> None:
    choose_language("en")

    assert any("computer program" in note for note in crisis_card("GB").notes)


def test_the_text_holds_every_part() -> None:
    card = crisis_card("HK")

    text = card.text()

    for part in (card.title, *card.emergency, *card.lines, *card.steps, *card.notes):
        assert part in text
