"""What a person or a file says is shown letter by letter, even where it looks like HTML.

Qt would take it for that, and open the files it names: a pipe nobody writes to stops the window.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.placement import Why
from desktop_app.vault.errors import VaultError
from desktop_app.vault.vault import Vault
from desktop_app.views.appearance import Appearance
from desktop_app.views.changing import Changing
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.header import Header
from desktop_app.views.model_rows import ModelRow
from desktop_app.views.purging import Purging
from desktop_app.views.styling import plain_tip
from desktop_app.views.trash_dialog import TrashDialog
from tests.gui.conftest import OpenWindow

pytestmark = pytest.mark.gui

PICTURE = "<img src='/dev/zero'> & <b>so</b>"


def read(tip: str) -> str:
    """What a tooltip shows."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText() if tip.startswith("<") else tip


def shows(widget: QWidget, words: str) -> bool:
    """Tell whether a label in there shows `words`, letter by letter."""
    labels = [
        read(label.text()) if label.textFormat() is not Qt.TextFormat.PlainText else label.text()
        for label in widget.findChildren(QLabel)
    ]
    return words in labels


@pytest.mark.parametrize("words", [PICTURE, "a < b", "", "&lt;", "睡不着"])
def test_a_tooltip_shows_the_words_themselves(words: str) -> None:
    assert read(plain_tip(words)) == words


def test_the_tooltip_of_a_conversation_is_its_title(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    vault.sessions.add("a", Turn(Role.USER, PICTURE))
    window = open_window(tiny_model)
    assert read(window.sessions.index(0).data(Qt.ItemDataRole.ToolTipRole)) == PICTURE


def test_the_tooltip_of_the_place_names_the_device_as_its_driver_does(qapp: QApplication) -> None:
    header = Header(Appearance(qapp))
    why = Why("placement.device_failed", {"device": PICTURE})
    header.show_status("window.at_gate", why)
    assert read(header._line.toolTip()) == why.sentence()
    assert shows(header, why.sentence())


@pytest.mark.usefixtures("qapp")
def test_the_name_a_model_gives_itself_is_plain() -> None:
    assert shows(ModelRow(PICTURE), PICTURE)


def test_the_title_that_is_to_be_exported_is_plain(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    vault.sessions.add("a", Turn(Role.USER, PICTURE))
    window = open_window(tiny_model)
    dialog = ExportDialog(vault, Changing(vault, window), window, "a")
    assert shows(dialog, PICTURE)
    dialog.reject()


def test_an_error_in_the_trash_names_its_folder_as_it_is(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = VaultError("vault.disk_failed", path=PICTURE, reason="…")

    def full() -> None:
        raise error

    window = open_window(tiny_model)
    monkeypatch.setattr(vault.sessions, "trashed", full)
    dialog = TrashDialog(vault, Purging(vault, window), window)
    assert shows(dialog, error.sentence())
    dialog.reject()
