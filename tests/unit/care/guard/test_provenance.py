"""What a person is told of words that no model wrote: from the data, by comparing the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from desktop_app.care.guard import provenance as module
from desktop_app.care.guard.fixed_replies import FixedReply, fixed_replies
from desktop_app.care.guard.provenance import provenance
from resources.messages import LANGUAGES, Language, choose_language, sentence

EVERY = pytest.mark.parametrize("reply", fixed_replies(), ids=lambda reply: reply.id)
FIRST = fixed_replies()[0]


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> Iterator[FixedReply]:
    """A clinician has signed the first of them."""
    reply = replace(FIRST, reviewed_by="陈医生")
    module._by_text.cache_clear()
    monkeypatch.setattr(module, "fixed_replies", lambda: (reply,))
    yield reply
    module._by_text.cache_clear()


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fixed_reply_says_that_nobody_has_reviewed_it(
    reply: FixedReply, language: Language
) -> None:
    assert reply.source
    assert not reply.reviewed_by

    assert provenance(reply.text[language]) == sentence("provenance.guidance")


def test_it_is_said_in_the_language_of_the_program() -> None:
    choose_language("en")

    assert provenance(FIRST.text["zh"]) == (
        "Written from public guidance; not yet reviewed by a clinician"
    )


def test_once_signed_it_says_by_whom(signed: FixedReply) -> None:
    assert provenance(signed.text["zh"]) == "依据公开指引撰写，由 陈医生 审阅"


def test_of_a_reply_that_was_stopped_it_speaks_of_the_last_part() -> None:
    said = f"我听到了。\n\n{FIRST.text['zh']}"

    assert provenance(said) == "最后一段：依据公开指引撰写，尚未经临床工作者审阅"


@pytest.mark.parametrize(
    "reply", ["", "我听到了。", "我听到了。\n\n慢慢说。", f"{FIRST.text['zh']}吗"]
)
def test_of_a_models_own_words_it_says_nothing(reply: str) -> None:
    assert provenance(reply) == ""
