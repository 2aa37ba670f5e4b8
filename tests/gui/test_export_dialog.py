"""Choosing what to export and how, from a conversation's menu and from the privacy page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import Vault
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.changing import Changing
from desktop_app.views.export_dialog import FORMS, ExportDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import WAIT_MS

pytestmark = pytest.mark.gui


@pytest.fixture
def told(vault: Vault) -> Vault:
    for session, said in (("a", "睡不着"), ("b", "考试"), ("c", "吵架")):
        vault.sessions.add(session, Turn(Role.USER, said))
    return vault


@pytest.fixture
def parent(qtbot: QtBot) -> Iterator[QWidget]:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    yield widget
    for dialog in widget.findChildren(ExportDialog):
        dialog.reject()
    for changing in widget.findChildren(Changing):
        changing.close()


def opened(vault: Vault, parent: QWidget, session: str | None = None) -> ExportDialog:
    dialog = ExportDialog(vault, Changing(vault, parent), parent, session)
    dialog.open()
    return dialog


def choose_form(dialog: ExportDialog, form: str) -> None:
    dialog.form.setCurrentIndex(dialog.form.findData(form))


def written(qtbot: QtBot, dialog: ExportDialog, path: Path) -> list[str]:
    """Write the file as JSON and return whose conversations are in it."""
    choose_form(dialog, "json")
    dialog.export(path)
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)
    return [session["id"] for session in json.loads(path.read_text())["sessions"]]


@pytest.mark.parametrize("form", FORMS)
def test_before_a_file_is_written_it_is_said_that_it_is_not_encrypted(
    told: Vault, parent: QWidget, form: str
) -> None:
    dialog = opened(told, parent)
    choose_form(dialog, form)

    said = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
    assert any("没有加密" in text for text in said)


@pytest.mark.parametrize("form", FORMS)
def test_the_file_is_of_the_form_that_was_chosen_whatever_its_name(
    qtbot: QtBot, told: Vault, parent: QWidget, tmp_path: Path, form: str
) -> None:
    dialog = opened(told, parent)
    choose_form(dialog, form)
    dialog.export(tmp_path / "e.txt")
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)

    begins = {"md": b"# ", "json": b"{", "html": b"<!doctype", "pdf": b"%PDF-"}
    assert (tmp_path / "e.txt").read_bytes().startswith(begins[form])
    assert "没有加密" in dialog.notice.text


def test_all_are_exported_unless_some_are_left_out(
    qtbot: QtBot, told: Vault, parent: QWidget, tmp_path: Path
) -> None:
    dialog = opened(told, parent)
    assert sorted(written(qtbot, dialog, tmp_path / "all")) == ["a", "b", "c"]

    (row,) = dialog.list.findItems("考试", Qt.MatchFlag.MatchExactly)
    row.setCheckState(Qt.CheckState.Unchecked)
    assert not dialog.all.isChecked()
    dialog.notice.clear()
    assert sorted(written(qtbot, dialog, tmp_path / "some")) == ["a", "c"]


def test_nothing_chosen_is_not_written(told: Vault, parent: QWidget) -> None:
    dialog = opened(told, parent)

    dialog.all.click()

    assert dialog.chosen == ()
    assert not dialog.write.isEnabled()


def test_one_conversation_is_exported_alone(
    qtbot: QtBot, told: Vault, parent: QWidget, tmp_path: Path
) -> None:
    dialog = opened(told, parent, "b")

    assert not dialog.list.isVisible()
    assert written(qtbot, dialog, tmp_path / "one") == ["b"]


def test_a_file_that_is_there_is_not_overwritten(
    qtbot: QtBot, told: Vault, parent: QWidget, tmp_path: Path
) -> None:
    (tmp_path / "e").write_text("mine")
    dialog = opened(told, parent)

    dialog.export(tmp_path / "e")

    qtbot.waitUntil(lambda: "已经有了" in dialog.notice.text, timeout=WAIT_MS)
    assert (tmp_path / "e").read_text() == "mine"


@pytest.mark.parametrize("form", FORMS)
def test_the_file_that_is_proposed_has_the_forms_ending(
    told: Vault, parent: QWidget, form: str
) -> None:
    dialog = opened(told, parent)
    choose_form(dialog, form)

    dialog.write.click()

    (files,) = dialog.findChildren(QFileDialog)
    assert files.selectedFiles()[0].endswith(f".{form}")
    files.reject()


def test_the_backup_section_offers_all_conversations(qtbot: QtBot, told: Vault) -> None:
    section = BackupSection(told, Changing(told))
    qtbot.addWidget(section)
    section.show()

    section.buttons["export"].click()

    (dialog,) = section.findChildren(ExportDialog)
    assert sorted(dialog.chosen) == ["a", "b", "c"]
    dialog.reject()
    section.end()


def export_in_menu(window: MainWindow) -> QAction:
    """Open the menu of the conversation on the screen and return what exports it."""
    window.side.show_menu(window.mapToGlobal(window.rect().center()))
    (menu,) = window.side.findChildren(QMenu)
    (export,) = (each for each in menu.actions() if each.text() == sentence("window.export"))
    menu.close()  # a trigger does that for a person
    return export


def test_a_conversations_menu_exports_it_alone(
    open_window: OpenWindow, tiny_model: Path, told: Vault
) -> None:
    window = open_window(tiny_model)

    export_in_menu(window).trigger()

    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.chosen == (told.sessions.kept()[0].id,)
    dialog.reject()


def test_what_is_off_the_record_cannot_be_exported(
    open_window: OpenWindow, tiny_model: Path, told: Vault
) -> None:
    window = open_window(tiny_model)
    window.begin_conversation(off_the_record=True)

    assert not export_in_menu(window).isEnabled()
    assert len(told.sessions.kept()) == 3
