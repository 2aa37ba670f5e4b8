"""What a start leaves for later is done after the first paint, or without one in the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.views import first_paint
from desktop_app.views.first_paint import FirstPaint

pytestmark = pytest.mark.gui


class Painted(QWidget):
    """Notes when it is painted."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self._note = note

    def paintEvent(self, _: object) -> None:
        self._note("painted")


@pytest.fixture
def done() -> list[str]:
    """What was done, in order."""
    return []


@pytest.fixture
def widget(qapp: QApplication, qtbot: QtBot, done: list[str]) -> QWidget:
    assert qapp is not None
    made = Painted(done.append)
    qtbot.addWidget(made)
    return made


def test_it_comes_once_after_the_paint(qtbot: QtBot, widget: QWidget, done: list[str]) -> None:
    FirstPaint(widget, lambda: done.append("act"))
    widget.show()
    qtbot.waitUntil(lambda: widget.findChild(FirstPaint) is None)
    assert done[0] == "painted"
    assert done.count("act") == 1


def test_a_window_that_nobody_sees_does_not_wait_for_ever(
    qtbot: QtBot, widget: QWidget, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_paint, "LATEST_MS", 1)
    FirstPaint(widget, lambda: done.append("act"))
    qtbot.waitUntil(lambda: done == ["act"])


def test_after_its_end_nothing_is_done(qtbot: QtBot, widget: QWidget, done: list[str]) -> None:
    waiting = FirstPaint(widget, lambda: done.append("act"))
    waiting.end()
    widget.show()
    qtbot.waitUntil(lambda: "painted" in done)
    assert not any(timer.isActive() for timer in waiting.findChildren(QTimer))
    assert "act" not in done
