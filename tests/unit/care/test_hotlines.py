from __future__ import annotations

from importlib.resources import files

import pytest

from desktop_app.care.hotlines import (
    ELSEWHERE,
    Region,
    find_region,
    known_region,
    region_in_force,
    regions,
)
from desktop_app.errors import InputError
from resources.messages import Language, language, sentence

EVERY = list(regions().values())


@pytest.mark.parametrize("region", EVERY, ids=lambda region: region.id)
def test_every_number_was_seen_on_a_page_that_is_named(region: Region) -> None:
    for line in (*region.emergency, *region.lines):
        assert line.evidence in {"O", "P"}
        assert line.source


@pytest.mark.parametrize("region", EVERY, ids=lambda region: region.id)
def test_every_text_is_there_in_both_languages(region: Region) -> None:
    for line in (*region.emergency, *region.lines):
        for text in (line.name, line.hours, line.languages):
            assert text is None or text.keys() == {"zh", "en"}


def test_a_card_of_its_own_needs_an_emergency_number_and_two_lines() -> None:
    incomplete = {region.id for region in EVERY if not region.complete}

    assert incomplete == {"CA", "FR", "IE"}


def test_numbers_nobody_confirmed_are_not_shipped() -> None:
    shipped = {line.number for region in EVERY for line in (*region.emergency, *region.lines)}

    assert not shipped & {"800-810-1117", "1980", "50808"}


@pytest.mark.parametrize(
    ("locale", "region"),
    [
        ("zh_CN.UTF-8", "CN"),
        ("zh_TW.UTF-8", "TW"),
        ("en_US.UTF-8", "US"),
        ("en_HK", "HK"),
        ("C.UTF-8", "CN"),
        ("zh_US.UTF-8", "US"),
        ("zh_Hant_HK", "HK"),
        ("zh_Hans_SG", "SG"),
        ("en_JP@currency=JPY", "JP"),
        ("zh_Hant", "TW"),
    ],
)
def test_the_locale_names_the_region(
    locale: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", locale)

    found = find_region(None)

    assert found is not None
    assert found.id == region


@pytest.mark.parametrize("locale", ["zh_NL.UTF-8", "en_ZA"])
def test_a_country_that_is_not_known_is_none_of_the_others(
    locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", locale)

    assert find_region(None) is None


@pytest.mark.parametrize(("locale", "region"), [("de_DE.UTF-8", "DE"), ("en_ZA.UTF-8", None)])
def test_the_first_variable_set_names_region_and_language(
    locale: str, region: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    found = find_region(None)

    assert (found and found.id) == region
    assert language() == "en"


def test_a_region_is_found_in_any_case() -> None:
    assert find_region("hk") is regions()["HK"]


def test_an_unknown_region_is_one_sentence_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="CN, DE"):
        find_region("XX")


def test_a_country_that_is_not_in_the_list_has_no_numbers_of_its_own() -> None:
    assert find_region(ELSEWHERE) is None


def test_a_region_only_another_version_knows_is_none_of_this_one() -> None:
    assert known_region("CN") == "CN"
    assert known_region(ELSEWHERE) == ELSEWHERE
    assert known_region("XX") is None
    assert known_region(None) is None


def test_who_has_not_said_where_they_are_is_where_the_locale_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    assert region_in_force(None) == "US"
    assert region_in_force("HK") == "HK"
    assert region_in_force(ELSEWHERE) is None
    assert region_in_force("from another version") == "US"


@pytest.mark.parametrize(
    ("lang", "end", "says"), [("en", ". ", "no line for the young"), ("zh", "。", "还没有收集到")]
)
def test_the_protocol_names_the_regions_that_have_no_line_for_the_young(
    lang: Language, end: str, says: str
) -> None:
    protocol = files("resources").joinpath("crisis_protocol", f"{lang}.md").read_text("utf-8")
    told = next(each for each in protocol.split(end) if says in each)

    named = {one.id for one in EVERY if sentence(f"region.{one.id}", lang=lang) in told}

    assert named == {one.id for one in EVERY if not any(line.for_youth for line in one.lines)}
