"""What the model remembers of what it no longer sees: shown, corrected, kept; gone when locked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.vault import open_with_passphrase
from desktop_app.views.memory_dialog import MemoryDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.test_read_ahead import TINY, Reader, cost_of_reply
from tests.support.locking import OpenedWindow, lock, unlock
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import holders, unwritten
from tests.support.window_run import WAIT_MS, send, type_text, wait_for_end, wait_for_model

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered")]

SAID = unwritten("我妈妈去年", "住院了，我很担心她。")
OWN = unwritten("叫我", "小雨就好。")
EXCHANGES = 48
"""So many fill more than 90 % of what a context of 4,096 bytes has room for, and not all."""


@pytest.fixture
def long_talk(closed: Path) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for _ in range(EXCHANGES):
            vault.sessions.add("long", Turn(Role.USER, SAID))
            vault.sessions.add("long", Turn(Role.ASSISTANT, "你"))


@pytest.fixture
def half_a_talk(closed: Path) -> None:
    """It has room, and none for a long message beside it."""
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for _ in range(EXCHANGES // 2):
            vault.sessions.add("long", Turn(Role.USER, SAID))
            vault.sessions.add("long", Turn(Role.ASSISTANT, "你"))


def remembers(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the model sees less of the conversation, which it does by itself."""
    wait_for_model(qtbot, window)
    qtbot.waitUntil(lambda: window.conversation.session.unseen > 0, timeout=WAIT_MS)


def actions(window: MainWindow) -> list[str]:
    """What the conversation's menu offers."""
    window.header.more.click()
    menu = window.side.findChild(QMenu)
    assert isinstance(menu, QMenu)
    offered = [action.text() for action in menu.actions()]
    menu.close()
    return offered


def dialog_of(window: MainWindow) -> MemoryDialog:
    window.side.memory_wanted.emit()
    dialog = window.findChild(MemoryDialog)
    assert isinstance(dialog, MemoryDialog)
    return dialog


@pytest.mark.usefixtures("long_talk")
def test_it_is_shown_corrected_and_the_same_after_a_lock(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    remembers(qtbot, window)
    unseen = window.conversation.session.unseen
    assert window.header.status == sentence("talk.unseen", count=unseen)
    assert sentence("window.memory_shown") in actions(window)
    dialog = dialog_of(window)
    assert dialog.text == SAID
    dialog.field.clear()
    type_text(dialog.field, "长" * 1001)
    dialog.accept()
    assert dialog.isVisible()  # it is said why, and nothing is lost

    dialog.field.clear()
    type_text(dialog.field, OWN)
    dialog.accept()
    assert window.conversation.session.summary.own == OWN
    del dialog
    lock(qtbot, window)
    assert holders(OWN) == []
    unlock(qtbot, window)

    session = window.conversation.session
    assert (session.unseen, session.summary.own, session.summary.made) == (unseen, OWN, "")
    wait_for_model(qtbot, window)
    send(qtbot, window, "在吗")
    wait_for_end(qtbot, window)
    assert OWN in window.conversation.session.visible()[0].content


@pytest.mark.usefixtures("long_talk")
def test_a_lock_closes_it_and_it_is_gone_on_with_afterwards(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    remembers(qtbot, window)
    type_text(dialog_of(window).field, OWN)

    lock(qtbot, window)

    assert window.findChild(MemoryDialog) is None
    assert holders(OWN) == []
    assert holders(SAID) == []
    unlock(qtbot, window)

    again = window.findChild(MemoryDialog)
    assert isinstance(again, MemoryDialog)
    assert again.text == OWN + SAID
    again.reject()
    assert window.conversation.session.summary.own == ""


@pytest.mark.usefixtures("long_talk")
@pytest.mark.parametrize("locked", [False, True])
def test_what_goes_while_it_is_read_is_not_lost(
    opened: OpenedWindow, qtbot: QtBot, *, locked: bool
) -> None:
    """Nor when a lock comes between."""
    window = opened()
    remembers(qtbot, window)
    session = window.conversation.session
    dialog = dialog_of(window)
    summary = replace(session.summary, made=f"{SAID}\n我在杭州做护士。")
    window.conversation.remember(replace(session, unseen=session.unseen + 2, summary=summary))
    dialog.field.clear()
    type_text(dialog.field, OWN)
    if locked:
        lock(qtbot, window)
        unlock(qtbot, window)
        again = window.findChild(MemoryDialog)
        assert isinstance(again, MemoryDialog)
        dialog = again

    dialog.accept()

    after = window.conversation.session
    assert (after.summary.own, after.unseen) == (OWN, session.unseen)


@pytest.mark.usefixtures("half_a_talk")
def test_a_long_text_deleted_unsent_leaves_the_conversation_whole(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    whole = reader.settle()

    window.middle.composer.text = "长" * 800
    assert reader.settle() > len("长".encode()) * 800  # part of the conversation again
    assert window.conversation.session.unseen == 0
    window.middle.composer.text = ""
    assert reader.settle() > whole // 2  # what had to go for it is seen again

    assert window.conversation.session.unseen == 0
    assert window.conversation.remembered is None


@pytest.mark.usefixtures("half_a_talk")
def test_locked_nothing_is_left_of_what_went_for_a_long_text(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    window.middle.composer.text = "长" * 800
    reader.settle()

    lock(qtbot, window)

    assert holders(SAID) == []


@pytest.mark.usefixtures("half_a_talk")
def test_a_long_message_waits_for_no_reading_once_it_is_sent(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    reader = Reader(qtbot, window)
    wait_for_model(qtbot, window)
    window.middle.composer.text = "长" * 800
    reader.settle()

    cost = cost_of_reply(qtbot, window)

    assert cost.evaluated_tokens <= TINY + 2
    assert window.conversation.session.unseen > 0


def test_a_conversation_that_is_seen_whole_offers_nothing(
    opened: OpenedWindow, qtbot: QtBot
) -> None:
    window = opened()
    wait_for_model(qtbot, window)
    send(qtbot, window, "在吗")
    wait_for_end(qtbot, window)

    assert sentence("window.memory_shown") not in actions(window)
