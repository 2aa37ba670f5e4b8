"""Versions in the window: a message said otherwise, a reply made anew, and turning between."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.vault import Vault
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import WAIT_MS, rows, send, wait_for_end, wait_for_model

pytestmark = pytest.mark.gui


@pytest.fixture
def talked(vault: Vault) -> Vault:
    """A history of one conversation: two messages, each with its reply."""
    for said, answered in (("第一句", "第一次回复"), ("第二句", "第二次回复")):
        vault.sessions.add("a", Turn(Role.USER, said))
        reply = vault.sessions.begin_reply("a")
        vault.sessions.extend(reply, answered)
        vault.sessions.finish(reply, TurnState.COMPLETE)
    return vault


def texts(window: MainWindow) -> list[str]:
    return [message.text for message in rows(window)]


def choose(window: MainWindow, row: int, key: str) -> None:
    """Choose an item of a row's menu."""
    menu = window.middle.transcript.menu_of(row)
    next(each for each in menu.actions() if each.text() == sentence(key)).trigger()
    menu.deleteLater()


def offered(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isEnabled()]


def edit(window: MainWindow, row: int, text: str) -> None:
    choose(window, row, "window.edit")
    dialog = window.middle.findChild(EditDialog)
    assert dialog is not None
    dialog.field.setPlainText(text)
    dialog.accept()


@pytest.mark.usefixtures("talked")
def test_a_message_said_otherwise_is_answered_and_the_first_stays(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    edit(window, 0, "换一种说法")
    wait_for_end(qtbot, window)

    assert texts(window)[0] == "换一种说法"
    assert len(texts(window)) == 2
    assert rows(window)[0].pages == "‹ 2/2 ›"
    assert [each.turn.content for each in vault.sessions.turns("a")] == texts(window)
    window.middle.transcript.turned.emit(0, -1)
    assert texts(window) == ["第一句", "第一次回复", "第二句", "第二次回复"]


@pytest.mark.usefixtures("talked")
def test_the_model_reads_the_version_that_is_shown(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    edit(window, 2, "换一种说法")
    wait_for_end(qtbot, window)
    send(qtbot, window, "再说一句")
    wait_for_end(qtbot, window)

    read = [turn.content for turn in window.conversation.session.turns]
    assert read == texts(window)
    assert read[:3] == ["第一句", "第一次回复", "换一种说法"]


@pytest.mark.usefixtures("talked")
def test_a_reply_is_made_anew(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    choose(window, 1, "window.regenerate")
    wait_for_end(qtbot, window)

    assert texts(window)[0] == "第一句"
    assert len(texts(window)) == 2
    assert rows(window)[1].pages == "‹ 2/2 ›"
    assert len(vault.sessions.turns("a")[1].versions) == 2


@pytest.mark.usefixtures("talked")
def test_a_reply_that_cannot_be_made_anew_stays(
    open_window: OpenWindow, vault: Vault, qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(tmp_path / "none.gguf")
    qtbot.waitUntil(lambda: window.model.error is not None, timeout=WAIT_MS)

    choose(window, 3, "window.regenerate")
    qtbot.waitUntil(lambda: window.exchange.current is None, timeout=WAIT_MS)

    assert vault.sessions.turns("a")[3].turn.content == "第二次回复"


@pytest.mark.usefixtures("talked")
def test_a_click_below_a_message_turns_to_its_other_version(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.edit("a", vault.sessions.turns("a")[0].id, "换一种说法")
    window = open_window(tiny_model)
    transcript = window.middle.transcript
    qtbot.waitUntil(lambda: transcript.viewport().height() > 100, timeout=WAIT_MS)
    pages = transcript._bubble(0).pages
    row = transcript.visualRect(transcript.row_index(0)).topLeft()

    left = row + QPoint(int(pages.left()) + 2, int(pages.center().y()))
    qtbot.mouseClick(transcript.viewport(), Qt.MouseButton.LeftButton, pos=left)

    assert texts(window)[0] == "第一句"
    transcript.setFocus()
    qtbot.keyClick(transcript, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert texts(window) == ["换一种说法"]


@pytest.mark.usefixtures("talked")
def test_what_the_menu_offers_fits_the_row(open_window: OpenWindow, tiny_model: Path) -> None:
    window = open_window(tiny_model)
    mine, reply = (window.middle.transcript.menu_of(row) for row in (0, 1))

    assert sentence("window.edit") in offered(mine)
    assert sentence("window.regenerate") not in offered(mine)
    assert sentence("window.regenerate") in offered(reply)
    assert sentence("window.version_before") not in offered(reply)


@pytest.mark.usefixtures("talked")
def test_off_the_record_there_are_no_versions(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.begin_conversation(off_the_record=True)
    send(qtbot, window, "不记下来")
    wait_for_end(qtbot, window)

    assert sentence("window.edit") not in offered(window.middle.transcript.menu_of(0))


@pytest.mark.usefixtures("talked")
def test_what_cannot_be_said_otherwise_stays_in_the_field_and_why_stands_below(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    choose(window, 0, "window.edit")
    dialog = window.middle.findChild(EditDialog)
    assert dialog is not None
    dialog.field.setPlainText("长" * 100_000)

    dialog.accept()

    assert dialog.isVisible()
    assert len(dialog.text) == 100_000
    told = sentence("error.message.too_long", characters=100_000)
    assert told in {label.text() for label in dialog.findChildren(QLabel)}
    dialog.field.setPlainText("换一种说法")
    dialog.accept()
    wait_for_end(qtbot, window)
    assert vault.sessions.turns("a")[0].turn.content == "换一种说法"


@pytest.mark.usefixtures("talked")
def test_what_is_kept_and_cannot_be_read_again_leaves_no_dialog_that_would_keep_it_twice(
    open_window: OpenWindow,
    tiny_model: Path,
    vault: Vault,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)

    def fails(*_: object) -> None:
        raise BusyVaultError("vault.busy")

    monkeypatch.setattr("desktop_app.views.versions.kept", fails)
    choose(window, 0, "window.edit")
    dialog = window.middle.findChild(EditDialog)
    assert dialog is not None
    dialog.field.setPlainText("换一种说法")
    dialog.accept()

    assert not dialog.isVisible()
    assert window.middle.notice.text == sentence("error.vault.busy")
    assert vault.sessions.turns("a")[0].turn.content == "换一种说法"
