"""What the model's thread does for the window, called in this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop_app.conversation.continuity import Continuity
from desktop_app.conversation.counsellor import Counsellor
from desktop_app.engine.process import ChildEngine, Settings
from desktop_app.engine.sampling import GREEDY
from desktop_app.views.counselling_worker import CounsellingWorker
from tests.support.engine_tiny import write_tiny_model


def test_whatever_sealing_meets_the_window_hears_that_the_next_model_did_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the one after that opens: nothing is left of the first."""
    model, closed, heard = write_tiny_model(tmp_path), [], []

    @contextmanager
    def open_counsellor(name: str | None, _wished: bool) -> Iterator[Counsellor]:
        with ChildEngine(Settings(model, tmp_path, threads=1)) as engine:
            yield Counsellor(engine, system=None, sampling=GREEDY)
        closed.append(name)

    def seal(*_: object, **__: object) -> None:
        raise RuntimeError("nobody thought of it")

    worker = CounsellingWorker(open_counsellor)
    worker.opened.connect(lambda number, _: heard.append(("opened", number)))
    worker.failed_to_open.connect(lambda number, error: heard.append((type(error), number)))
    with monkeypatch.context() as broken:
        broken.setattr(Continuity, "seal", seal)
        for number, name in enumerate(("one", "other", "third"), 1):
            worker.wanted = number
            worker.open(number, name, False)
    worker.release()

    assert heard == [("opened", 1), (RuntimeError, 2), ("opened", 3)]
    assert closed == ["one", "third"]
