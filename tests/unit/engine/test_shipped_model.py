"""The model that ships, answering through the child."""

from __future__ import annotations

from pathlib import Path

from desktop_app.conversation.opening import counsellor_for
from desktop_app.conversation.reply import Reply
from desktop_app.dialogue import Session
from desktop_app.paths import app_paths


def test_it_answers_in_chinese_and_ends_by_itself(tmp_path: Path) -> None:
    with counsellor_for(None, app_paths(tmp_path)) as counsellor:
        greedy = counsellor.sampling.greedy()
        *_, reply = counsellor.answer(Session(), "最近总是睡不好，我很难受", sampling=greedy)

    assert isinstance(reply, Reply)
    text = reply.finished.text
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in text)
    assert chinese >= len(text) / 2 >= 5
    assert reply.finished.stop == "end"
