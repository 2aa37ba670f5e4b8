"""Every window is left out of captures; what the system is asked is told by one in its place."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.views import capture
from desktop_app.views.capture import WDA_EXCLUDEFROMCAPTURE
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.privacy import Privacy
from desktop_app.views.trash_dialog import TrashDialog
from tests.support.locking import MESSAGE, OpenedWindow, lock, talk

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> list[QWidget]:
    """What a system that can leave windows out was asked to."""
    asked: list[QWidget] = []
    monkeypatch.setattr(capture, "_by_system", lambda _: asked.append)
    return asked


def test_dialogs_menus_and_tooltips_too(
    left_out: list[QWidget], opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    assert window in left_out
    talk(qtbot, window, MESSAGE)
    parts = window.findChild(HistoryParts)
    assert isinstance(parts, HistoryParts)
    parts.versions.edit(0)
    parts.show_trash()
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    window.side.show_menu(window.mapToGlobal(window.rect().center()))
    QToolTip.showText(window.mapToGlobal(window.rect().center()), "提示", window)
    kinds = {type(each) for each in left_out}
    assert kinds >= {EditDialog, TrashDialog, Privacy, QMenu}
    assert "QTipLabel" in {each.metaObject().className() for each in left_out}
    lock(qtbot, window)


def test_windows_is_asked_for_the_windows_own_handle(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    user32 = SimpleNamespace(SetWindowDisplayAffinity=lambda *how: asked.append(how))
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(user32=user32), raising=False)
    widget = QWidget()
    qtbot.addWidget(widget)
    leave_out = capture._by_system("win32")
    assert leave_out is not None
    leave_out(widget)
    assert asked == [(int(widget.winId()), WDA_EXCLUDEFROMCAPTURE)]
