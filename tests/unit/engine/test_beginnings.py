"""The day a template prints is the one a conversation began on, however long that lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from desktop_app.dialogue import Role, Turn
from desktop_app.engine import beginnings
from desktop_app.engine.beginnings import Beginnings
from desktop_app.engine.llama import Llama
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from tests.support.engine_tiny import DATED

EVENING = datetime(2026, 3, 1, 23, 59).astimezone()
SYSTEM, HELLO = Turn(Role.SYSTEM, "-"), Turn(Role.USER, "您")
LATER = (SYSTEM, HELLO, Turn(Role.ASSISTANT, "嗯"), Turn(Role.USER, "好"))


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> datetime:
        return self.now


def test_a_conversation_goes_on_after_midnight_with_the_day_it_began_on(tiny_model: Path) -> None:
    clock, llama = Clock(), Llama(str(tiny_model), n_ctx=512, threads=1)
    transcript = Transcript(ChatTemplate(DATED, bos="", eos=""), llama.vocabulary, clock)

    def spelled(*turns: Turn) -> str:
        return b"".join(map(llama.vocabulary.piece, transcript.tokens(turns))).decode()

    before = spelled(SYSTEM, HELLO)
    clock.now += timedelta(minutes=2)

    assert before.startswith("Today Date: 01 Mar 2026\n")
    assert spelled(*LATER).startswith(before)
    assert spelled(SYSTEM, Turn(Role.USER, "另一个")).startswith("Today Date: 02 Mar 2026\n")


def test_a_template_that_is_told_no_beginning_prints_today() -> None:
    (stretch,) = ChatTemplate("{{ strftime_now('%Y') }}", bos="", eos="").render((HELLO,))

    assert int(stretch.text) >= 2025


def test_no_more_are_remembered_than_were_spoken_of_last() -> None:
    clock = Clock()
    began = Beginnings(clock)
    began.of(LATER)
    clock.now += timedelta(days=1)
    for number in range(beginnings.REMEMBERED - 1):
        began.of((Turn(Role.USER, str(number)),))

    assert began.of(LATER) == EVENING
    for number in range(beginnings.REMEMBERED):
        began.of((Turn(Role.USER, str(number)),))
    assert began.of(LATER) == clock.now
