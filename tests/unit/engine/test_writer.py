"""What a reply is said to have cost, on a real model in this process."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop_app.dialogue import Role, Turn
from desktop_app.engine import writer
from desktop_app.engine.context import KvContext
from desktop_app.engine.llama import Llama
from desktop_app.engine.protocol import Finished, Request
from desktop_app.engine.sampling import GREEDY
from desktop_app.engine.template import ChatTemplate
from desktop_app.engine.transcript import Transcript
from tests.support.engine_tiny import CHATML


def test_the_speed_counts_the_tokens_of_the_reply_and_no_end_token(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that moves one second a token: 你 is sampled at 1, 2 and 3 s, its end at 4 s."""
    clock = SimpleNamespace(perf_counter=partial(next, itertools.count(1.0)))
    monkeypatch.setattr(writer, "time", clock)
    llama = Llama(str(tiny_model), n_ctx=512, threads=1)

    *_, finished = writer.write_reply(
        Request((Turn(Role.USER, "您"),), GREEDY, 100),
        transcript=Transcript(ChatTemplate(CHATML, bos="", eos=""), llama.vocabulary),
        context=KvContext(llama),
        cancelled=lambda: False,
        arrived=0.0,
    )

    assert isinstance(finished, Finished)
    assert (finished.stop, finished.reply_tokens) == ("end", 3)
    assert (finished.ttft_ms, finished.tokens_per_s) == (1000.0, 1.0)
