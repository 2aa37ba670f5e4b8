"""`/memory` in `soulchat --text`: what the model remembers of what it no longer sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engine_tiny import Shape, write_tiny_model
from tests.unit.cli.test_talk_history import talk

pytestmark = pytest.mark.usefixtures("passphrase")

SAID = "我妈妈病了，最近睡不好，真的很累。"
OWN = "叫我小雨。"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that answers 你 and reads 2,048 bytes."""
    return write_tiny_model(tmp_path_factory.mktemp("small"), Shape(context=2048), says="你")


def test_it_is_shown_and_put_otherwise_and_stays_so(small: Path) -> None:
    said = [f"{number}{SAID}" for number in range(24)]

    before, told = talk(small, *said[:1], "/memory", *said[1:], "/memory", f"/memory {OWN}")
    assert "看得到，所以还没有摘要" in told
    assert "模型已看不到最早的" in told
    assert before.splitlines()[-2].endswith(SAID)  # the last line says goodbye
    assert "从现在起" in told

    after, told = talk(small, "/open 1", "/memory", "/memory " + "长" * 1001)
    assert OWN in after.splitlines()
    assert "1001" in told


def test_what_has_gone_since_it_was_shown_is_added_below(small: Path) -> None:
    said = [f"{number}{SAID}" for number in range(24)]
    of_another = "我弟弟小明今年高考。"

    talk(small, *said)
    _, told = talk(small, "/open 1", "/memory", of_another, *said, f"/memory {OWN}", "嗯")
    after, _ = talk(small, "/open 1", "/memory")

    assert told.count("模型已看不到最早的") > 2  # it was shown once, and has gone on since
    lines = after.splitlines()
    assert of_another in lines[lines.index(OWN) :]
