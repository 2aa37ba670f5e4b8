from __future__ import annotations

import errno
import os

import pytest

from resources.messages import LANGUAGES, choose_language, sentence
from resources.system_errors import NAMES, SystemReason, reason_of


def test_a_refusal_of_the_system_is_said_in_the_language_in_force() -> None:
    reason = reason_of(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))

    assert sentence("error.settings.not_written", path="x", reason=reason).startswith(
        "设置没能写入 x（没有权限）"
    )
    choose_language("en")
    assert "(not permitted)" in sentence("error.settings.not_written", path="x", reason=reason)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", NAMES)
def test_each_usual_refusal_has_words_of_its_own(number: int, language: str) -> None:
    choose_language("zh" if language == "zh" else "en")

    assert str(SystemReason(number)) not in {"", str(SystemReason(0))}


def test_an_unusual_one_is_named_by_its_number() -> None:
    assert str(SystemReason(4711)) == "系统错误 4711"
