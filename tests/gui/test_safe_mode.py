"""After a crash while a model was loaded, the window's next start does not load it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role
from desktop_app.paths import Paths
from desktop_app.settings import Settings, write
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.faults import order, with_faults
from tests.support.shown import show
from tests.support.window_run import WAIT_MS, last, rows, send, wait_for_end, wait_for_model

pytestmark = pytest.mark.gui


@contextmanager
def started(app: QApplication, qtbot: QtBot, paths: Paths) -> Iterator[MainWindow]:
    """The window on the model of the settings, once it has tried to load that."""
    with running_window(app, None, paths) as window:
        show(qtbot, window)
        window.open_history(None)
        qtbot.waitUntil(
            lambda: window.counselling.ready or window.model.error is not None, timeout=WAIT_MS
        )
        yield window


def test_it_says_so_and_loads_it_when_a_person_wishes(
    qapp: QApplication,
    qtbot: QtBot,
    paths: Paths,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_faults(monkeypatch)
    write(paths.settings, Settings(model=str(tiny_model)))
    order(paths.engine_workdir(), "load", "abort")
    with started(qapp, qtbot, paths) as window:
        assert window.middle.notice.text == sentence("error.engine.died")

    with started(qapp, qtbot, paths) as window:
        notice = window.middle.notice
        said = sentence("error.model.crashed_while_loading", file=tiny_model.name, model="")
        assert notice.text == said
        assert window.counselling._worker._counsellor is None
        send(qtbot, window, "你好。")
        wait_for_end(qtbot, window)
        assert [message.text for message in rows(window)] == ["你好。"]
        assert notice.text == said
        assert notice.button("settings.choose_model") is not None
        assert notice.button("settings.shipped_model") is not None
        anyway = notice.button("window.load_anyway")
        assert anyway is not None
        anyway.click()
        qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
        wait_for_end(qtbot, window)
        assert last(window).role is Role.ASSISTANT

    with started(qapp, qtbot, paths) as window:
        wait_for_model(qtbot, window)


def test_in_the_start_that_saw_the_crash_the_next_message_loads_it_again(
    qapp: QApplication,
    qtbot: QtBot,
    paths: Paths,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_faults(monkeypatch)
    write(paths.settings, Settings(model=str(tiny_model)))
    order(paths.engine_workdir(), "load", "abort")
    with started(qapp, qtbot, paths) as window:
        assert window.middle.notice.text == sentence("error.engine.died")
        send(qtbot, window, "你好。")
        qtbot.waitUntil(lambda: len(rows(window)) == 2, timeout=WAIT_MS)
        wait_for_end(qtbot, window)
        assert window.middle.notice.text == ""
