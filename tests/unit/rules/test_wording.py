"""The program is not a health service and does not call itself one (Illinois WOPR Act)."""

from __future__ import annotations

import re

import pytest

from desktop_app.care.guard.fixed_replies import fixed_replies
from resources.messages import LANGUAGES, Language, catalogue
from tests.support.source_tree import ROOT

PROMISES = re.compile(
    r"therap|psychotherap|clinical|心理治疗|治疗师|疗愈|治愈|诊疗|心理咨询服务|心理医生",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_promises_treatment(language: Language) -> None:
    told = {key: text for key, text in catalogue(language).items() if PROMISES.search(text)}

    assert not told


def test_no_fixed_reply_promises_treatment() -> None:
    assert not [
        each.id for each in fixed_replies() if PROMISES.search(" ".join(each.text.values()))
    ]


def test_the_readme_promises_no_treatment() -> None:
    assert not PROMISES.findall((ROOT / "README.md").read_text(encoding="utf-8"))
