"""The catalogue, what is pinned over it, and which of it is recommended."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.engine.sampling import sampling_from
from desktop_app.errors import DownloadError
from desktop_app.models.catalogue import COMMIT, SHA256, Pin, catalogue, find_entry, keep_pins
from desktop_app.models.machine import Machine, this_machine
from desktop_app.models.rate import Rate
from desktop_app.models.recommend import GIB, recommend
from desktop_app.models.source import HUB, source_from
from resources.messages import LANGUAGES, choose_language

GB = 10**9
PIN = Pin("a" * 40, "model.gguf", 5, "b" * 64)


def test_every_entry_says_what_a_person_has_to_know() -> None:
    entries = catalogue()
    assert len({each.id for each in entries}) == len(entries) >= 6
    for each in entries:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", each.repository)
        assert each.pattern.endswith(".gguf")
        assert each.licence
        assert each.memory_gib > (each.gigabytes or 0) * GB / GIB
        assert all(each.about[language] for language in LANGUAGES)
        assert each.kind in {"instruct", "counselling"}
        assert sampling_from(each.sampling).dry_multiplier > 0
        if each.pin is not None:
            assert COMMIT.fullmatch(each.pin.revision)
            assert SHA256.fullmatch(each.pin.sha256)


def test_what_is_pinned_is_kept_and_damage_to_it_is_no_pin(tmp_path: Path) -> None:
    first, second = (each.id for each in catalogue()[:2])
    keep_pins(tmp_path, {first: PIN})
    keep_pins(tmp_path, {second: PIN})
    assert find_entry(first, tmp_path).pin == find_entry(second, tmp_path).pin == PIN
    assert find_entry(first, tmp_path).size == 5
    for damage in (b"[]", b"{", b'{"%s": {"revision": 1}}' % first.encode(), b"[" * 100_000):
        (tmp_path / "pins.json").write_bytes(damage)
        assert find_entry(first, tmp_path).pin is None


@pytest.mark.parametrize(
    ("machine", "expected", "key"),
    [
        (Machine(2 * GIB, 8, 99 * GB), None, "recommend.none"),
        (Machine(4 * GIB, 2, 99 * GB), "qwen2.5-0.5b-instruct", "recommend.memory"),
        (Machine(25 * GIB, 2, 99 * GB), "qwen2.5-1.5b-instruct", "recommend.cores"),
        (Machine(8 * GIB, 4, 99 * GB), "qwen3-4b-instruct-2507", "recommend.memory"),
        (Machine(32 * GIB, 8, 99 * GB), "qwen2.5-7b-instruct", "recommend.largest"),
        (Machine(32 * GIB, 8, 2 * GB), "qwen2.5-0.5b-instruct", "recommend.disk"),
        (Machine(None, 8, None), "qwen2.5-7b-instruct", "recommend.largest"),
    ],
)
def test_the_largest_that_fits_is_recommended_and_the_reason_names_what_is_short(
    machine: Machine, expected: str | None, key: str
) -> None:
    found = recommend(catalogue(), machine, "zh")
    assert (found.entry and found.entry.id, found.key) == (expected, key)
    reasons = []
    for language in LANGUAGES:
        choose_language(language)
        reasons.append(found.reason)
    assert len(set(reasons)) == 2
    assert all(found.entry is None or found.entry.name in reason for reason in reasons)


def test_what_is_here_needs_no_more_room() -> None:
    full = Machine(32 * GIB, 8, 0)
    found = recommend(catalogue(), full, "zh", have=["qwen2.5-7b-instruct"])
    assert found.entry is not None
    assert found.entry.id == "qwen2.5-7b-instruct"


def test_no_model_is_recommended_that_thinks_aloud_or_that_not_everybody_may_use() -> None:
    entries = [each for each in catalogue() if each.thinks or "Research" in each.licence]
    assert entries
    assert recommend(entries, Machine(99 * GIB, 64, 999 * GB), "zh").entry is None
    chinese_only = [replace(each, languages=("zh",)) for each in catalogue()]
    assert recommend(chinese_only, Machine(99 * GIB, 64, 999 * GB), "en").entry is None


def test_this_machine_has_memory_and_a_disk(tmp_path: Path) -> None:
    machine = this_machine(2, tmp_path / "not" / "there" / "yet")
    assert machine.memory is not None
    assert machine.memory > GIB
    assert machine.disk is not None


@pytest.mark.parametrize(
    ("endpoint", "proxy", "expected"),
    [
        (None, None, (HUB, None)),
        ("hf-mirror", "", ("https://hf-mirror.com", None)),
        ("https://mirror.example/hub/", None, ("https://mirror.example/hub", None)),
        ("http://127.0.0.1:8080", "socks5://127.0.0.1:1", None),
    ],
)
def test_a_source_is_a_preset_or_an_address(
    endpoint: str | None, proxy: str | None, expected: tuple[str, str | None] | None
) -> None:
    source = source_from(endpoint, proxy)
    assert (source.endpoint, source.proxy) == (expected or (endpoint, proxy))


@pytest.mark.parametrize(
    ("endpoint", "proxy"),
    [
        ("http://mirror.example", None),
        ("ftp://mirror.example", None),
        ("mirror.example", None),
        ("https://me:secret@mirror.example", None),
        ("https://mirror.example/?token=secret", None),
        ("https://mirror.example:0", None),
        ("https://[", None),
        (None, "127.0.0.1:7890"),
        (None, "http://me:secret@127.0.0.1:7890"),
        (None, "ftp://127.0.0.1"),
    ],
)
def test_an_address_that_is_not_safe_to_use_is_refused_and_not_repeated(
    endpoint: str | None, proxy: str | None
) -> None:
    with pytest.raises(DownloadError) as caught:
        source_from(endpoint, proxy)
    assert "secret" not in str(caught.value)


def test_speed_and_time_left_are_those_of_the_last_seconds() -> None:
    rate = Rate()
    assert (rate.per_second, rate.seconds_left(100)) == (None, None)
    for second in range(20):
        rate.add(second * (100 if second < 10 else 10) + (900 if second >= 10 else 0), second)
    assert rate.per_second == pytest.approx(10, rel=0.2)
    rate.add(0, 21.0)  # it began anew
    assert rate.per_second is None
