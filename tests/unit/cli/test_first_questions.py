"""`soulchat --text` asks once how old a person is and where, of somebody who sits at a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.paths import app_paths
from desktop_app.settings import AgeBand, read
from resources.messages import sentence
from tests.support.engine_run import soulchat
from tests.support.terminal import terminal

pytestmark = pytest.mark.usefixtures("passphrase")

AGE, PROMPT = sentence("talk.prompt_age"), sentence("talk.prompt")
WHERE = sentence("first_steps.region_means")


def test_both_are_asked_after_it_is_said_what_this_is_and_kept(model: Path) -> None:
    with terminal("--text", "--model", model, talks=True) as (_, screen):
        screen.wait_for(AGE)
        assert sentence("first_steps.notice_program") in screen.seen
        screen.type("9\n")
        screen.wait_for(AGE)
        screen.type("2\n")
        screen.wait_for(sentence("first_steps.age_young"))
        screen.wait_for(WHERE)
        screen.type("hk\n")
        screen.wait_for(PROMPT)
        screen.type("/card\n")
        screen.wait_for("999")
        screen.wait_for(PROMPT)  # what is typed before it asks may be lost
        screen.type("\x04")
        screen.read_to_end()

    settings, _ = read(app_paths().settings)
    assert (settings.age, settings.region) == (AgeBand.YOUTH, "HK")


def test_enter_is_an_answer_and_nothing_is_asked_again(model: Path) -> None:
    for _ in range(2):
        with terminal("--text", "--model", model, talks=True) as (_, screen):
            if read(app_paths().settings)[0].region is None:
                screen.wait_for(AGE)
                screen.type("\n")
                screen.wait_for(WHERE)
                screen.type("\n")
            screen.wait_for(PROMPT)
            screen.type("\x04")
            screen.read_to_end()

    assert read(app_paths().settings)[0].age is AgeBand.UNSAID
    assert AGE not in screen.seen


def test_a_pipe_is_asked_nothing(model: Path) -> None:
    done = soulchat("--text", "--model", model, stdin="您\n")

    assert AGE not in done.stderr.decode()
    assert "回复：你" in done.stdout.decode()
