"""A conversation that shows nothing, or did where it comes from, closes no window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.vault.bringing_in import bring_in
from desktop_app.vault.import_file import read_conversations
from desktop_app.vault.vault import Vault
from desktop_app.views.changing import Changing
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.finding import Finding
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from tests.gui.conftest import OpenWindow
from tests.support.pictured import pictured
from tests.support.window_run import rows, type_text

pytestmark = pytest.mark.gui


@pytest.fixture(params=["", "猫"], ids=["untitled", "titled"])
def came(request: pytest.FixtureRequest, vault: Vault, tmp_path: Path) -> Vault:
    """A history into which a conversation came whose picture was looked at last."""
    (tmp_path / "conversations.json").write_text(json.dumps([pictured(request.param)]))
    bring_in(vault, read_conversations(tmp_path / "conversations.json"))
    return vault


@pytest.fixture
def without_a_path(came: Vault) -> Vault:
    """The same as an earlier program left it, before anything could be done about it."""
    came.database.rows("UPDATE turn SET chosen = 0")
    return came


def open_hit(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    found = window.side.findChild(Finding)
    assert found is not None
    type_text(found.field, "一只")
    qtbot.keyClick(found.field, Qt.Key.Key_Return)


def exported(qtbot: QtBot, vault: Vault, window: MainWindow, path: Path) -> str:
    dialog = ExportDialog(vault, Changing(vault, window), window)
    dialog.form.setCurrentIndex(dialog.form.findData("md"))
    dialog.open()
    dialog.export(path)
    qtbot.waitUntil(dialog.write.isEnabled)
    dialog.reject()
    return path.read_text("utf-8")


def test_where_a_picture_was_looked_at_the_words_are_listed_opened_and_exported(
    open_window: OpenWindow, tiny_model: Path, came: Vault, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(tiny_model)
    (stored,) = came.sessions.kept()
    row = window.sessions.row_of_session(stored.id)
    assert row is not None
    assert window.sessions.index(row).data() == (stored.title or "画一只猫")

    window.show_conversation(row)

    assert [message.text for message in rows(window)] == ["画一只猫", "好的"]
    assert "画一只猫" in exported(qtbot, came, window, tmp_path / "e.md")


def test_what_shows_nothing_yet_is_listed_and_its_words_are_shown_when_found(
    open_window: OpenWindow, tiny_model: Path, without_a_path: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    (stored,) = without_a_path.sessions.kept()
    assert window.sessions.row_of_session(stored.id) is not None

    open_hit(qtbot, window)

    assert [message.text for message in rows(window)] == ["画一只猫", "好的"]


def test_what_shows_nothing_yet_stands_in_the_trash(
    open_window: OpenWindow, tiny_model: Path, without_a_path: Vault
) -> None:
    (stored,) = without_a_path.sessions.kept()
    without_a_path.sessions.delete(stored.id)
    window = open_window(tiny_model)

    parts = window.side.findChild(HistoryParts)
    assert parts is not None
    parts.trash.click()

    dialog = window.side.findChild(TrashDialog)
    assert dialog is not None
    assert dialog.list.count() == 1
    dialog.close()
