"""The search field and what it finds, and the conversations deleted recently."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.search import MOST_HITS
from desktop_app.vault.vault import Vault
from desktop_app.views.finding import Finding
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.hits import HIT
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.window_run import WAIT_MS, rows, type_text

pytestmark = pytest.mark.gui


@pytest.fixture
def talked(vault: Vault) -> Vault:
    """A history of a long conversation about sleep and a short, newer one."""
    for number in range(60):
        vault.sessions.add("long", Turn(Role.USER, f"第 {number} 句，没有别的。"))
        if number == 20:
            vault.sessions.add("long", Turn(Role.USER, "夜裡睡不著，很焦慮。"))
    vault.sessions.add("short", Turn(Role.USER, "今天很好。"))
    return vault


def part(window: MainWindow, kind: type[QWidget]) -> QWidget:
    found = window.side.findChild(kind)
    assert found is not None
    return found


def finding(window: MainWindow) -> Finding:
    found = part(window, Finding)
    assert isinstance(found, Finding)
    return found


def search(qtbot: QtBot, window: MainWindow, words: str) -> Finding:
    """Press Ctrl+F and write."""
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    type_text(finding(window).field, words)
    qtbot.waitUntil(finding(window).filters.isVisible, timeout=WAIT_MS)
    return finding(window)


@pytest.mark.usefixtures("talked")
def test_what_was_said_is_found_while_it_is_written(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)

    found = search(qtbot, window, "睡不着 焦虑")

    assert found.field.hasFocus()
    assert found.model.rowCount() == 1
    qtbot.waitUntil(found.list.isVisible, timeout=WAIT_MS)
    assert window.side.list.isHidden()


@pytest.mark.usefixtures("talked")
def test_a_side_column_that_gave_way_comes_back_for_a_search(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.header.side_wanted.emit()
    assert window.side.isHidden()

    search(qtbot, window, "今天")

    assert window.side.isVisible()
    assert finding(window).field.text() == "今天"


@pytest.mark.usefixtures("talked")
def test_enter_shows_the_turn_that_was_found(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    found = search(qtbot, window, "睡不着")

    qtbot.keyClick(found.field, Qt.Key.Key_Return)

    transcript = window.middle.transcript
    current = transcript.currentIndex()
    assert window.conversation.id == "long"
    assert rows(window)[current.row()].text == "夜裡睡不著，很焦慮。"
    assert 0 <= transcript.visualRect(current).top() < transcript.viewport().height()


@pytest.mark.usefixtures("talked")
def test_the_arrow_goes_on_into_the_hits(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    found = search(qtbot, window, "今天")

    qtbot.keyClick(found.field, Qt.Key.Key_Down)
    qtbot.keyClick(found.list, Qt.Key.Key_Return)

    assert window.conversation.id == "short"


@pytest.mark.usefixtures("talked")
def test_nothing_found_is_said_and_escape_brings_the_list_back(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    found = search(qtbot, window, "没有这个词")
    assert not found.model.rowCount()
    qtbot.waitUntil(found._nothing.isVisible, timeout=WAIT_MS)

    qtbot.keyClick(found.field, Qt.Key.Key_Escape)

    assert found.field.text() == ""
    assert window.side.list.isVisible()
    assert not found._nothing.isVisible()


def test_that_only_the_newest_are_listed_is_said(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot, vault: Vault
) -> None:
    for _ in range(MOST_HITS + 1):
        vault.sessions.add("long", Turn(Role.USER, "今天"))
    window = open_window(tiny_model)
    found = search(qtbot, window, "今天")

    qtbot.waitUntil(found._nothing.isVisible, timeout=WAIT_MS)
    assert found._nothing.text() == sentence("search.only_newest", count=MOST_HITS)
    assert found.list.isVisible()


def test_a_version_that_is_not_shown_is_shown_when_it_was_found(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    (only,) = talked.sessions.turns("short")
    talked.sessions.edit("short", only.id, "换了一种说法。")
    window = open_window(tiny_model)
    assert [message.text for message in rows(window)] == ["换了一种说法。"]

    found = search(qtbot, window, "今天")
    qtbot.keyClick(found.field, Qt.Key.Key_Return)

    assert [message.text for message in rows(window)] == ["今天很好。"]


def test_what_was_read_before_a_hit_in_another_version_comes_back(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    (only,) = talked.sessions.turns("short")
    talked.sessions.edit("short", only.id, "换了一种说法。")
    window = open_window(tiny_model)
    found = search(qtbot, window, "今天")
    assert sentence("window.found_version", title="换了一种说法。") in found.model.index(0).data(
        Qt.ItemDataRole.AccessibleTextRole
    )

    qtbot.keyClick(found.field, Qt.Key.Key_Return)
    notice = window.middle.notice
    assert notice.text == sentence("window.version_found")
    back = sentence("window.version_back")
    (button,) = (each for each in notice.findChildren(QPushButton) if each.text() == back)
    button.click()

    assert [message.text for message in rows(window)] == ["换了一种说法。"]
    assert [each.turn.content for each in talked.sessions.turns("short")] == ["换了一种说法。"]
    assert notice.text != sentence("window.version_found")


def test_a_title_that_was_found_opens_its_conversation(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    talked.sessions.rename("long", "从前的夜里")
    window = open_window(tiny_model)
    assert window.conversation.id != "long"

    found = search(qtbot, window, "从前")
    assert found.model.rowCount() == 1
    qtbot.keyClick(found.field, Qt.Key.Key_Return)

    assert window.conversation.id == "long"


@pytest.mark.usefixtures("talked")
def test_the_keyboard_chooses_the_conversation_to_search(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.show_conversation(window.sessions.row_of_session("long") or 0)
    found = search(qtbot, window, "很")
    assert found.model.rowCount() == 2

    qtbot.keyClick(found.field, Qt.Key.Key_Tab)
    assert found.filters.place.hasFocus()
    qtbot.keyClick(found.filters.place, Qt.Key.Key_Down)

    assert [found.model.index(0).data(HIT).session, found.model.rowCount()] == ["long", 1]


def test_the_keyboard_chooses_when_it_was_said(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    for session, days in (("long", 20), ("short", 3)):
        talked.database.rows(
            "UPDATE turn SET created = created - ? WHERE session = ?",
            (days * 86_400_000, session),
        )
    window = open_window(tiny_model)
    found = search(qtbot, window, "很")
    filters = found.filters
    assert found.model.rowCount() == 2

    qtbot.keyClick(found.field, Qt.Key.Key_Tab)
    qtbot.keyClick(filters.place, Qt.Key.Key_Tab)
    assert filters.period.hasFocus()
    counts = []
    for _ in range(filters.period.count() - 1):
        qtbot.keyClick(filters.period, Qt.Key.Key_Down)
        counts.append(found.model.rowCount())
    assert counts == [1, 2, 2, 2]

    qtbot.keyClick(filters.period, Qt.Key.Key_Tab)
    assert filters.first.hasFocus()
    filters.first.setDate(QDate.currentDate().addDays(-5))
    assert [found.model.index(0).data(HIT).session, found.model.rowCount()] == ["short", 1]
    filters.last.setDate(QDate.currentDate().addDays(-4))
    assert found.model.rowCount() == 0


@pytest.mark.usefixtures("talked")
def test_filters_are_there_while_there_is_something_to_look_for(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    assert finding(window).filters.isHidden()

    found = search(qtbot, window, "今天")
    assert not found.filters.isHidden()
    qtbot.keyClick(found.field, Qt.Key.Key_Escape)

    assert found.filters.isHidden()


@pytest.mark.usefixtures("talked")
def test_signs_alone_are_said_to_be_no_words(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    found = search(qtbot, open_window(tiny_model), "？！")

    assert found._nothing.text() == sentence("search.no_words")


@pytest.mark.usefixtures("talked")
def test_without_the_history_there_is_no_search(open_window: OpenWindow, tiny_model: Path) -> None:
    window = open_window(tiny_model, history=None)

    assert window.side.findChild(Finding) is None


@pytest.mark.usefixtures("talked")
def test_what_is_deleted_is_found_no_longer_and_again_when_it_comes_back(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    found = search(qtbot, window, "很")
    row = window.sessions.row_of_session("long")
    assert row is not None
    assert found.model.rowCount() == 2

    window.deleting.delete(row)
    assert [found.model.index(0).data(HIT).session, found.model.rowCount()] == ["short", 1]

    undo = window.middle.notice.way("window.undo")
    assert undo is not None
    undo.act()
    assert found.model.rowCount() == 2


def test_what_was_read_anew_is_looked_through_anew(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    found = search(qtbot, window, "今天")
    talked.sessions.add("imported", Turn(Role.USER, "今天下雨。"))

    window.sessions.read_again(lambda _: False)

    assert found.model.rowCount() == 2


def trash(window: MainWindow) -> TrashDialog:
    """Press the button below the list."""
    parts = window.side.findChild(HistoryParts)
    assert parts is not None
    parts.trash.click()
    dialog = window.side.findChild(TrashDialog)
    assert dialog is not None
    return dialog


def test_a_deleted_conversation_is_brought_back_into_its_place(
    open_window: OpenWindow, tiny_model: Path, talked: Vault
) -> None:
    talked.sessions.delete("long")
    window = open_window(tiny_model)

    dialog = trash(window)
    assert dialog.list.count() == 1
    dialog.back.click()

    assert [window.sessions.at(row).id for row in range(2)] == ["short", "long"]
    assert window.conversation.id == "long"
    assert talked.sessions.trashed() == ()
    dialog.close()


def test_removing_for_good_is_asked_twice_and_says_what_backups_hold(
    open_window: OpenWindow, tiny_model: Path, talked: Vault, qtbot: QtBot
) -> None:
    talked.sessions.delete("long")
    dialog = trash(open_window(tiny_model))

    dialog.purge.click()
    assert len(talked.sessions.trashed()) == 1
    assert dialog._says.text() == sentence("window.purge_means")
    dialog.purge.click()

    qtbot.waitUntil(lambda: dialog.list.count() == 0)
    assert talked.sessions.trashed() == ()
    assert not dialog.purge.isEnabled()
    dialog.close()


@pytest.mark.usefixtures("talked")
def test_a_title_is_written_where_it_can_be_seen(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    search(qtbot, window, "睡不着")

    window.side.rename_current()

    assert window.side.list.isVisible()
    assert window.side.list.state() is window.side.list.State.EditingState
