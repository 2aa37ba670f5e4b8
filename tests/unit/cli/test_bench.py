"""`soulchat bench`, run whole once, where there is no display; what it says, not how fast it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.engine_run import soulchat
from tests.support.engine_tiny import Shape, write_tiny_model

Figures = dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figures, str, Path]:
    """The figures, what was said beside them, and the data folder."""
    model = write_tiny_model(tmp_path_factory.mktemp("tiny"), Shape(context=640))
    data = tmp_path_factory.mktemp("data")
    display = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = soulchat("bench", "--json", "--model", model, "--data-dir", data, **display)
    return json.loads(done.stdout), done.stderr.decode(), data


@pytest.fixture(scope="module")
def figures(run: tuple[Figures, str, Path]) -> Figures:
    return run[0]


def test_the_engine_stands_beside_bare_llama_cpp(figures: Figures) -> None:
    assert (
        figures["engine"].keys()
        < figures["raw_llama_cpp"].keys()
        < figures.keys() | figures["engine"].keys()
    )


def test_a_later_turn_evaluates_what_is_new(figures: Figures) -> None:
    first, *later = figures["turns"]

    assert first["evaluated_tokens"] == first["prompt_tokens"]
    assert all(turn["evaluated_tokens"] < turn["prompt_tokens"] for turn in later)


def test_the_guard_is_timed_with_and_without_history(figures: Figures) -> None:
    guard = figures["guard"]

    assert guard.keys() == {"message_ms", "alone_ms", "reply_ms"}
    assert all(0 < taken["median"] <= taken["worst"] for taken in guard.values())


def test_the_window_stands_beside_an_empty_one(figures: Figures) -> None:
    window = figures["window"]

    assert window["platform"] == "offscreen"
    assert window["start_ms"]["ours"] > window["start_ms"]["empty"] > 0
    assert window["cold_start_ms"]["ours"] > window["cold_start_ms"]["empty"] > 0
    idle = window["idle_pss_bytes"]
    assert idle["ours"] > idle["empty"] > 0
    # A tiny model adds less than comes and goes with other programs that map the same libraries.
    assert idle["with_model"] > idle["empty"]


def test_a_conversation_of_five_thousand_messages_is_opened_and_scrolled(
    figures: Figures,
) -> None:
    assert figures["history"]["messages"] == 5000
    session = figures["window"]["session"]
    assert session["open_ms"] > 0
    assert session["frames"] > 500
    assert session["frame_ms"]["worst"] >= session["frame_ms"]["median"] > 0


def test_the_longest_stall_is_told_of_faults_and_of_none(figures: Figures) -> None:
    stalls = figures["window"]["stall_ms"]

    assert stalls["faults"] >= 8  # of four signals at four moments; a short reply is over first
    assert stalls["refused_files"] == 2
    assert stalls["worst_with_queue"] >= stalls["worst"] > 0
    assert stalls["undisturbed"] > 0


def test_the_history_stands_beside_one_without_a_cipher(figures: Figures) -> None:
    history, search = figures["history"], figures["search"]

    assert search["messages"] == 100_000
    assert history["unlock_ms"] > search["open_ms"]["ours"]
    for pair in (
        history["append_ms"],
        history["read_ms"],
        search["open_ms"],
        search["list_ms"],
        search["search_ms"],
    ):
        assert pair["worst"] >= pair["ours"] > 0
        assert pair["plain"] > 0


def test_it_leaves_nothing_behind(run: tuple[Figures, str, Path]) -> None:
    _, said, data = run

    assert said == ""
    assert [path for path in data.rglob("*") if path.is_file()] == []


def test_stopping_is_measured_while_reading_and_while_writing(figures: Figures) -> None:
    assert figures["stop_ms"].keys() == {"prefill", "decode"}
