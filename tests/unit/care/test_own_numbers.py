"""Numbers of the card that the person corrected or added: beside what ships, never in its place."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.care.card import crisis_card
from desktop_app.care.hotlines import ELSEWHERE, Line, Region, regions
from desktop_app.care.own_numbers import (
    LONGEST,
    added,
    as_corrected,
    checked_number,
    correction,
    hours_of,
)
from desktop_app.errors import CareError
from desktop_app.settings import OwnNumber, Settings, read, write
from resources.messages import choose_language

CHINA = regions()["CN"]
AMBULANCE, FIRST = CHINA.emergency[0], CHINA.lines[0]
MINE = OwnNumber("CN", "学校心理老师", "021-6289 0000", "工作日白天")


def corrected(line: Line, number: str, hours: str | None = None) -> OwnNumber:
    written = hours_of(line) if hours is None else hours
    made = as_corrected(line, "CN", number=number, hours=written)
    assert made is not None
    return made


@pytest.mark.parametrize("region", regions().values(), ids=lambda region: region.id)
def test_no_two_lines_of_a_region_have_one_number(region: Region) -> None:
    numbers = Counter(line.number for line in (*region.emergency, *region.lines))

    assert [number for number, count in numbers.items() if count > 1] == []


def test_a_correction_stands_where_the_shipped_number_stood_and_says_whose_it_is() -> None:
    card = crisis_card("CN", numbers=(corrected(FIRST, "12356-1", "夜里也有人"),))

    assert card.lines[0] == "12356-1　全国统一心理援助热线（夜里也有人；普通话；你自己写的）"
    assert card.lines[1:] == crisis_card("CN").lines[1:]


def test_hours_that_were_left_go_on_in_both_languages() -> None:
    own = corrected(FIRST, "12356-1")
    assert own.hours is None

    choose_language("en")

    assert "at least 18 hours" in crisis_card("CN", numbers=(own,)).lines[0]


def test_the_emergency_number_is_corrected_and_stays_first() -> None:
    card = crisis_card("CN", numbers=(corrected(AMBULANCE, "999"),))

    assert card.emergency[0].startswith("999")
    assert len(card.emergency) == len(CHINA.emergency)


@pytest.mark.parametrize("number", ["", " ", "没有", "---"])
def test_no_number_can_be_taken_away_by_emptying_it(number: str) -> None:
    with pytest.raises(CareError, match="没有数字"):
        as_corrected(AMBULANCE, "CN", number=number, hours="")


def test_writing_what_ships_is_no_correction() -> None:
    assert as_corrected(FIRST, "CN", number=" 12356 ", hours=hours_of(FIRST)) is None


def test_ones_own_stands_after_the_line_that_answers_whoever_calls() -> None:
    lines = crisis_card("CN", numbers=(MINE,)).lines

    assert lines[0].startswith("12356")
    assert lines[1] == "021-6289 0000　学校心理老师（工作日白天；你自己写的）"
    assert len(lines) == len(CHINA.lines) + 1


def test_for_the_young_a_line_that_answers_at_any_hour_still_stands_second() -> None:
    lines = crisis_card("AU", young=True, numbers=(replace(MINE, region="AU"),)).lines

    assert lines[1].startswith("1800 55 1800")
    assert lines[2].startswith("021")


def test_numbers_of_another_region_are_not_shown() -> None:
    assert crisis_card("HK", numbers=(MINE,)) == crisis_card("HK")


def test_where_the_country_is_not_in_the_list_ones_own_are_shown_too() -> None:
    own = replace(MINE, region=ELSEWHERE)

    assert any(line.startswith("021") for line in crisis_card(ELSEWHERE, numbers=(own,)).lines)


def test_a_correction_outlives_the_line_that_it_corrects() -> None:
    own = replace(corrected(FIRST, "12356-1"), instead_of="1-no-longer-shipped")

    assert correction((own,), FIRST, "CN") is None
    assert added(CHINA, (own,)) == (own,)
    assert any("12356-1　全国" in line for line in crisis_card("CN", numbers=(own,)).lines)


def test_what_is_no_character_and_what_is_endless_is_left_out() -> None:
    assert checked_number("1\ud8002\n3") == "1 2 3"
    assert len(checked_number("1" * 1000)) == LONGEST


def test_they_lie_with_the_settings_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "config" / "settings.json"
    settings = Settings(region="CN", numbers=(MINE, corrected(FIRST, "12356-1")))
    write(path, settings)

    assert read(path) == (settings, None)
    assert MINE.number in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("broken", [1, {}, {"region": "CN"}, {"region": "CN", "number": 5}])
def test_one_that_cannot_be_read_leaves_the_others(tmp_path: Path, broken: object) -> None:
    path = tmp_path / "config" / "settings.json"
    write(path, Settings(numbers=(MINE,)))
    plain = json.loads(path.read_bytes())
    plain["numbers"].insert(0, broken)
    path.write_text(json.dumps(plain), encoding="utf-8")

    assert read(path) == (Settings(numbers=(MINE,)), None)
