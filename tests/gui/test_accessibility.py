"""The window for those who do not see it or use no mouse: Qt's accessible tree, walked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.recovery_sheet import RecoverySheet
from desktop_app.vault.vault import Vault
from desktop_app.views import notice
from desktop_app.views.changing import Changing
from desktop_app.views.choices import Choices
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.finding import Finding
from desktop_app.views.key_dialogs import (
    EraseDialog,
    PassphraseDialog,
    RotateDialog,
    SheetDialog,
)
from desktop_app.views.memory_dialog import MemoryDialog
from desktop_app.views.message import Message
from desktop_app.views.purging import Purging
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    unlock_page_of,
    wait_for_sentence,
)
from tests.support.window_run import type_text, wait_for_model

pytestmark = pytest.mark.gui

ROLE_OF_NOTHING = {QAccessible.Role.NoRole, QAccessible.Role.Client}


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Somebody listens: without a screen reader Qt sends no announcement and no change."""
    before = QAccessible.isActive()
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(before)


@pytest.fixture
def window(open_window: OpenWindow, tiny_model: Path, qtbot: QtBot) -> MainWindow:
    opened = open_window(tiny_model)
    wait_for_model(qtbot, opened)
    return opened


def tree(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """The interface and all below it, as a screen reader meets them."""
    yield interface
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is not None:
            yield from tree(child)


def accessible(widget: QWidget) -> QAccessibleInterface:
    interface = QAccessible.queryAccessibleInterface(widget)
    assert interface is not None
    return interface


def name(interface: QAccessibleInterface) -> str:
    return interface.text(QAccessible.Text.Name)


def focusable(window: MainWindow) -> list[QAccessibleInterface]:
    return [
        interface
        for interface in tree(accessible(window))
        if interface.state().focusable and not interface.state().invisible
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_takes_focus_has_a_name_and_a_role(
    window: MainWindow, language: Language
) -> None:
    window.choose_language(language)
    window.conversation.messages.add(Message(Role.USER, "你好"))
    window.middle.notice.say(lambda: sentence("window.no_reply"))
    window.show_card(shown=True)
    finding = window.side.findChild(Finding)
    assert finding is not None
    finding.field.setText("没有这个词")
    finding.filters.period.setCurrentIndex(finding.filters.period.count() - 1)
    found = focusable(window)
    assert len(found) > 10
    assert [str(each.role()) for each in found if not name(each).strip()] == []
    assert [name(each) for each in found if each.role() in ROLE_OF_NOTHING] == []


def test_how_things_stand_is_announced_once_and_its_button_keeps_the_keyboard(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(notice, "announce", lambda _, text: heard.append(text))
    window.conversation.say("你好")
    window.show_as_it_stands()
    button = window.middle.notice.button("window.try_again")
    assert button is not None
    button.setFocus()

    window.exchange.changed.emit()  # another conversation's reply has ended

    assert heard == [sentence("window.no_reply")]
    assert button.hasFocus()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "page",
    ["privacy", "trash", "edit", "exercises", "plan", "numbers", "models", "about", "export"],
)
def test_so_has_everything_on_the_other_pages(
    window: MainWindow, vault: Vault, page: str, language: Language
) -> None:
    window.choose_language(language)
    match page:
        case "privacy":
            window.header.settings.privacy_wanted.emit()
        case "trash":
            TrashDialog(vault, Purging(vault, window), window).show()
        case "edit":
            EditDialog("你好", lambda _: None, window).show()
        case "exercises":
            window.care.show_exercises()
        case "plan":
            window.care.show_plan()
        case "numbers":
            window.care.show_numbers()
        case "models":
            window.care.show_models()
        case "about":
            window.header.settings.about_wanted.emit()
        case "export":
            vault.sessions.add("a", Turn(Role.USER, "你好"))
            ExportDialog(vault, Changing(vault, window), window).show()
    shown = next((each for each in window.findChildren(QDialog) if each.isVisible()), window)
    check_names(shown)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialog", ["memory", "passphrase", "sheet", "rotate", "erase"])
def test_so_has_everything_in_what_is_asked_about_keys_and_memory(
    window: MainWindow, vault: Vault, dialog: str, language: Language
) -> None:
    window.choose_language(language)
    shown: QDialog
    match dialog:
        case "memory":
            shown = MemoryDialog(window.conversation, window, None)
        case "passphrase":
            shown = PassphraseDialog(window)
        case "sheet":
            sheet = RecoverySheet(RecoveryCode.new(), vault.keys.envelope().vault, date(2026, 1, 2))
            shown = SheetDialog(sheet, window)
        case "rotate":
            shown = RotateDialog(vault, asks=True, parent=window)
        case _:
            shown = EraseDialog(window)
    shown.show()
    check_names(shown)


def check_names(shown: QWidget) -> None:
    found = [
        interface
        for interface in tree(accessible(shown))
        if interface.state().focusable and not interface.state().invisible
    ]
    assert found
    assert [str(each.role()) for each in found if not name(each).strip()] == []


@pytest.mark.usefixtures("answered", "no_keyring", "closed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_so_has_everything_on_the_page_that_unlocks(
    start: StartWindow, qtbot: QtBot, language: Language
) -> None:
    window = start()
    page = unlock_page_of(window)
    qtbot.waitUntil(lambda: focus() is page.field.line, timeout=WAIT_MS)
    window.choose_language(language)
    check_names(window)
    type_text(page.field.line, "not the one")
    page.main.click()
    wait_for_sentence(qtbot, page)
    check_names(window)


def test_the_conversation_is_a_list_of_who_says_what(window: MainWindow) -> None:
    messages = window.conversation.messages
    messages.add(Message(Role.USER, "睡不着"))
    messages.add(Message(Role.ASSISTANT, "我在听"))
    transcript = accessible(window.middle.transcript)
    assert transcript.role() is QAccessible.Role.List
    assert name(transcript) == sentence("window.transcript")
    assert [name(transcript.child(row)) for row in range(2)] == ["你说：睡不着", "回复：我在听"]


def test_a_conversation_nobody_spoke_in_is_its_title_alone(window: MainWindow) -> None:
    (row,) = [accessible(window.side.list).child(0)]
    assert name(row) == sentence("window.new_conversation")


def test_what_an_answer_means_is_read_with_it(window: MainWindow) -> None:
    choices = Choices({"a": "first_steps.key_keyring"}, {"a": "first_steps.key_keyring_means"})
    choices.setParent(window)
    button = accessible(choices.buttons["a"])
    assert button.text(QAccessible.Text.Description) == sentence("first_steps.key_keyring_means")


def test_the_crisis_card_opens_and_closes_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.card.isVisible()
    assert window.card.isAncestorOf(QApplication.focusWidget())
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.card.isVisible()
    assert QApplication.focusWidget() is window.middle.composer.field


def test_a_new_conversation_begins_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    window.conversation.messages.add(Message(Role.USER, "你好"))
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.conversation.empty
    assert window.sessions.rowCount() == 2


@pytest.mark.parametrize("scale", range(4))
def test_larger_text_is_not_cut(window: MainWindow, scale: int, qtbot: QtBot) -> None:
    window.resize(1400, 900)
    for _ in range(scale):
        qtbot.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    for button in (window.header.crisis, window.middle.composer.send, window.side.new):
        needed = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() >= needed
        assert button.height() >= button.fontMetrics().height()
