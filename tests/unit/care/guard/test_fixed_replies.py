"""What stands in place of a withheld reply: each once, then the one said longest ago."""

from __future__ import annotations

import pytest

from desktop_app.care.guard.data import table
from desktop_app.care.guard.fixed_replies import FAULTS, reply_instead
from resources.messages import LANGUAGES, Language


def said_for(fault: str, times: int, language: Language = "zh") -> list[str]:
    replies: list[str] = []
    for _ in range(times):
        replies.append(f"嗯。\n\n{reply_instead([fault], replies).text[language]}")
    return replies


@pytest.mark.parametrize("fault", [each["name"] for each in table("replies")["fault"]])
def test_every_fault_has_words(fault: str) -> None:
    assert reply_instead([fault]).about == FAULTS[fault]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_three_replies_withheld_are_answered_with_other_words_each_time(
    fault: str, language: Language
) -> None:
    assert len(set(said_for(fault, 3, language))) == 3


def test_when_all_were_said_the_one_said_longest_ago_comes_again() -> None:
    first, second, third, *again = said_for("secrecy", 6)

    assert again == [first, second, third]
