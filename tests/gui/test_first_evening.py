"""The whole of it once, as a person meets it: program, model that ships, history."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.dialogue import TurnState
from resources.messages import sentence
from tests.support.window_process import DrivenWindow, Seen, driven_window

pytestmark = pytest.mark.gui

MESSAGES = ("最近总是睡不着，心里很乱。", "妈妈总拿我和表姐比较。", "我觉得自己什么都做不好。")
PASSPHRASE = "一只鲸鱼在 reading room"
LEAST = 3
"""Replies; more where each was so quick that it was there at once."""


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[str, ...]:
    return ("--data-dir", str(tmp_path / "data"))


def bit_by_bit(seen: Seen) -> bool:
    """Tell whether part of a reply was on the screen before the rest."""
    return len(set(seen["states"])) > 1


def said(window: DrivenWindow) -> list[list[str]]:
    messages: list[list[str]] = window.do("look")["messages"]
    return messages


def test_what_was_said_and_answered_is_there_after_a_quit(arguments: tuple[str, ...]) -> None:
    with driven_window(*arguments) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        window.do("wait_for_model")
        seen = []
        while len(seen) < LEAST or not any(bit_by_bit(each) for each in seen):
            seen.append(window.do("read_along", text=MESSAGES[len(seen) % len(MESSAGES)]))
        before = said(window)
        assert window.quit() == 0

    assert [text for role, text, _ in before][:2] == [MESSAGES[0], seen[0]["reply"]]
    assert [text for role, text, _ in before if role == "assistant"] == [
        each["reply"] for each in seen
    ]
    for each in seen:
        assert all(each["reply"].startswith(state) for state in each["states"])

    with driven_window(*arguments) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        assert said(window) == before


def test_a_child_killed_mid_reply_costs_one_sentence_and_the_next_reply_works(
    arguments: tuple[str, ...],
) -> None:
    with driven_window(*arguments) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        window.do("wait_for_model")
        lost = window.do("lose_the_child", text=MESSAGES[0])
        assert lost["state"] == TurnState.INTERRUPTED
        assert lost["notice"] == sentence("error.engine.died_killed")
        answered = window.do("read_along", text=MESSAGES[1])
        assert answered["reply"]
        assert answered["notice"] == ""
        before = said(window)
        assert window.quit() == 0

    with driven_window(*arguments) as window:
        window.do("pass_gate", passphrase=PASSPHRASE)
        assert said(window) == before
