"""Where danger was spoken of no model says what is remembered; elsewhere one may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.care.guard.fixed_replies import fixed_replies
from desktop_app.care.guard.verdict import Level
from desktop_app.conversation.in_own_words import in_own_words
from desktop_app.dialogue import Role, Session, Summary, Turn
from resources.messages import LANGUAGES, Language

CALM = ("我妈妈病了，最近睡不好，真的很累。", "嗯，听起来不容易。")


def talk(*texts: str, unseen: int = 0) -> Session:
    """A conversation of messages and replies by turns."""
    roles = (Role.USER, Role.ASSISTANT) * len(texts)
    return Session(tuple(map(Turn, roles, texts)), unseen=unseen)


@pytest.mark.parametrize(
    "said",
    [
        "我想过自杀，药都准备好了。",
        "我想過自殺，藥都準備好了。",
        "My husband hits me when he drinks.",
    ],
)
def test_danger_in_what_is_still_seen_or_remembered(said: str) -> None:
    assert in_own_words(talk(*CALM, said))
    assert in_own_words(replace(talk(*CALM), summary=Summary(made=f"我叫小雨。\n{said}")))


def test_no_danger() -> None:
    assert not in_own_words(replace(talk(*CALM), summary=Summary(made="我叫小雨。")))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_danger_that_was_answered_in_a_turn_no_longer_seen(lang: Language) -> None:
    answers = [each.text[lang] for each in fixed_replies() if each.on in set(Level)]

    assert answers
    assert all(in_own_words(talk("嗯", answer, *CALM, unseen=2)) for answer in answers)


def test_who_asked_what_this_is_or_heard_a_reply_withheld_spoke_of_no_danger() -> None:
    others = [each.text["zh"] for each in fixed_replies() if each.on in {"asked", "withheld"}]

    assert others
    assert not any(in_own_words(talk("嗯", other, *CALM)) for other in others)
