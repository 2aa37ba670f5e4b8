"""What was written and not sent, when the window goes and comes back."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault import parcel
from desktop_app.vault.errors import DamagedHistoryError, DiskFullError
from desktop_app.vault.records import Draft, StoredTurn
from desktop_app.vault.sessions import Sessions as History
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import left_open
from desktop_app.views.changing import Changing
from desktop_app.views.edit_dialog import EditDialog
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.left_open import Edit
from desktop_app.views.sessions import Sessions
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.held_commits import PATIENCE_S
from tests.support.locking import MESSAGE, OpenedWindow, lock, talk, unlock
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import (
    WAIT_MS,
    rows,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
)

pytestmark = pytest.mark.gui

DRAFT = "说了一半的话"


def damaged() -> DamagedHistoryError:
    """A new one each time: an exception keeps the frames it went through, and their windows."""
    return DamagedHistoryError("vault.history_damaged", path=Path("history.db"))


def test_an_unsent_message_is_there_again(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    before = open_window(tiny_model)
    type_text(before.middle.composer.field, DRAFT)
    before.close()

    window = open_window(tiny_model)

    assert window.middle.composer.text == DRAFT
    assert window.conversation.id == "a"


def test_an_unsent_message_is_kept_as_soon_as_nothing_more_is_written(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    window = open_window(tiny_model)
    window.read_ahead._idle.setInterval(50)
    type_text(window.middle.composer.field, DRAFT)
    qtbot.waitUntil(
        lambda: vault.sessions.drafts.of("a") == Draft(DRAFT, shown=True), timeout=WAIT_MS
    )
    window.middle.composer.field.clear()
    qtbot.waitUntil(lambda: vault.sessions.drafts.of("a") is None, timeout=WAIT_MS)


def test_an_unsent_message_is_kept_though_one_writes_on_and_on(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    window = open_window(tiny_model)
    window.read_ahead._idle.setInterval(2 * WAIT_MS)  # it is not the rest that keeps it
    window.read_ahead._latest.setInterval(50)

    type_text(window.middle.composer.field, DRAFT)

    qtbot.waitUntil(lambda: vault.sessions.drafts.of("a") is not None, timeout=WAIT_MS)
    assert window.read_ahead._idle.isActive()


def test_keeping_it_waits_for_nobody_and_is_done_when_the_history_is_free(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    window.read_ahead._idle.setInterval(50)
    taken, may_go = threading.Event(), threading.Event()

    def imports() -> None:
        with vault.database.alone():
            taken.set()
            may_go.wait(PATIENCE_S)

    importing = threading.Thread(target=imports)
    importing.start()
    assert taken.wait(PATIENCE_S)
    try:
        with qtbot.waitSignals([window.read_ahead.to_be_kept] * 2, timeout=WAIT_MS):
            type_text(window.middle.composer.field, DRAFT)
        assert importing.is_alive(), "the window waited until it was over"
    finally:
        may_go.set()
        importing.join()
    qtbot.waitUntil(
        lambda: vault.sessions.drafts.of("a") == Draft(DRAFT, shown=True), timeout=WAIT_MS
    )


def test_what_a_fault_of_ours_does_not_keep_keeps_the_window_open_until_told_otherwise(
    qapp: QApplication,
    paths: Paths,
    tiny_model: Path,
    vault: Vault,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fault lasts, and all that comes after it in leaving is done."""
    heard, sealed = list[type[BaseException]](), list[float]()

    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: heard.append(kind))
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.open_history(vault, changing=Changing(vault, window))
        monkeypatch.setattr(window.unsent, "keep", fails)
        monkeypatch.setattr(window.counselling, "seal", sealed.append)
        window.close()

        assert window.isVisible()
        assert heard == [ZeroDivisionError]
        assert window.middle.notice.text == sentence("cli.bug", name="ZeroDivisionError")
        anyway = window.middle.notice.button("window.close_anyway")
        assert anyway is not None
        anyway.click()
        assert not window.isVisible()
    assert len(sealed) == 1
    assert set(heard) == {ZeroDivisionError}


def test_each_conversation_has_its_own(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    before = open_window(tiny_model)
    before.show_conversation(1)
    type_text(before.middle.composer.field, DRAFT)
    before.show_conversation(0)
    before.close()

    window = open_window(tiny_model)

    assert window.middle.composer.text == ""
    window.show_conversation(1)
    assert window.middle.composer.text == DRAFT


def test_what_was_sent_since_does_not_come_back(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    before = open_window(tiny_model)
    type_text(before.middle.composer.field, DRAFT)
    before.close()
    window = open_window(tiny_model)
    send(qtbot, window, "。")
    wait_for_end(qtbot, window)
    assert rows(window)[0].text == DRAFT + "。"
    window.close()

    assert open_window(tiny_model).middle.composer.text == ""


def test_off_the_record_nothing_of_it_is_kept(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    before = open_window(tiny_model)
    before.begin_conversation(off_the_record=True)
    type_text(before.middle.composer.field, DRAFT)
    before.close()

    assert vault.sessions.drafts.sessions() == []
    assert open_window(tiny_model).middle.composer.text == ""


def left_with_a_draft(window: MainWindow, session: str) -> None:
    """Write something in a conversation, go to another one, and close the window."""
    row = window.sessions.row_of_session(session)
    assert row is not None
    window.show_conversation(row)
    type_text(window.middle.composer.field, DRAFT)
    window.close()


def test_what_was_begun_and_never_spoken_in_is_begun_again(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    before = open_window(tiny_model)
    before.begin_conversation()
    type_text(before.middle.composer.field, DRAFT)
    before.close()

    window = open_window(tiny_model)

    assert (window.middle.composer.text, window.conversation.empty) == (DRAFT, True)
    window.show_conversation(1)
    assert window.middle.composer.text == ""


def test_a_draft_of_a_purged_conversation_never_comes_back(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    left_with_a_draft(open_window(tiny_model), "a")
    vault.sessions.delete("a")
    vault.sessions.purge("a")

    window = open_window(tiny_model)

    assert [window.sessions.at(row).id for row in range(window.sessions.rowCount())] == ["b"]
    assert window.middle.composer.text == ""


def test_a_draft_of_a_deleted_conversation_comes_back_with_it_alone(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    left_with_a_draft(open_window(tiny_model), "a")
    vault.sessions.delete("a")
    window = open_window(tiny_model)
    assert window.middle.composer.text == ""
    parts = window.side.findChild(HistoryParts)
    assert parts is not None
    parts.show_trash()
    dialog = window.side.findChild(TrashDialog)
    assert dialog is not None

    dialog.back.click()

    dialog.close()
    assert (window.conversation.id, window.middle.composer.text) == ("a", DRAFT)


def test_what_is_deleted_with_a_draft_keeps_it_in_the_trash(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    window = open_window(tiny_model)
    row = window.sessions.row_of_session("a")
    assert row is not None
    window.show_conversation(row)
    type_text(window.middle.composer.field, DRAFT)

    window.deleting.delete(row)

    kept = vault.sessions.drafts.of("a")
    assert kept is not None
    assert kept.text == DRAFT
    assert window.middle.composer.text == ""
    vault.sessions.purge("a")
    window.close()
    assert vault.sessions.drafts.sessions() == []
    assert vault.database.rows("SELECT name FROM document") == []


def test_a_draft_given_up_does_not_come_back_when_the_history_is_read_again(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    left_with_a_draft(open_window(tiny_model), "a")
    window = open_window(tiny_model)
    assert window.middle.composer.text == DRAFT
    window.middle.composer.text = ""

    window.read_history_again()

    assert window.middle.composer.text == ""


@pytest.mark.usefixtures("answered", "no_keyring")
@pytest.mark.parametrize("session", [None, "b"])
def test_it_is_there_again_behind_the_gate(
    opened: OpenedWindow, closed: Path, session: str | None
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for name in ("b", "a"):
            vault.sessions.add(name, Turn(Role.USER, name))
        vault.sessions.drafts.keep({session: Draft(DRAFT, shown=True)})

    window = opened()

    assert window.middle.composer.text == DRAFT
    assert window.conversation.empty is (session is None)


def test_a_draft_that_was_not_on_the_screen_is_in_the_field_of_the_only_conversation(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    before = open_window(tiny_model)
    type_text(before.middle.composer.field, DRAFT)
    before.begin_conversation(off_the_record=True)
    before.close()

    window = open_window(tiny_model)

    assert window.middle.composer.text == DRAFT
    window.close()
    kept = vault.sessions.drafts.of(None)
    assert kept is not None
    assert kept.text == DRAFT


def test_a_damaged_draft_keeps_no_other_from_the_screen(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        vault.sessions.add(name, Turn(Role.USER, name))
    vault.sessions.drafts.keep({None: Draft("", shown=False), "a": Draft(DRAFT, shown=True)})
    vault.sessions.drafts.keep({"b": Draft("别的", shown=False)})
    whole = vault.sessions.drafts.of

    def of(session: str | None) -> Draft | None:
        if session == "b":
            raise damaged()
        return whole(session)

    monkeypatch.setattr(vault.sessions.drafts, "of", of)
    monkeypatch.setattr(vault.sessions.drafts, "sessions", lambda: ["b", "a"])

    window = open_window(tiny_model)

    assert (window.conversation.id, window.middle.composer.text) == ("a", DRAFT)


@pytest.mark.usefixtures("answered", "no_keyring")
@pytest.mark.parametrize("purged", [True, False])
def test_the_draft_of_a_conversation_removed_while_locked_is_begun_with_nowhere(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, *, purged: bool
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for name in ("b", "a"):
            vault.sessions.add(name, Turn(Role.USER, name))
    window = opened()
    assert window.conversation.id == "a"
    type_text(window.middle.composer.field, DRAFT)
    lock(qtbot, window)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.delete("a")
        if purged:
            vault.sessions.purge("a")

    unlock(qtbot, window)

    assert window.middle.composer.text == ""
    assert [window.sessions.at(row).id for row in range(window.sessions.rowCount())] == ["b"]
    lock(qtbot, window)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        assert vault.sessions.drafts.sessions() == ([] if purged else ["a"])


@pytest.mark.usefixtures("answered", "no_keyring")
def test_a_message_being_said_otherwise_goes_with_its_conversation(
    opened: OpenedWindow, closed: Path, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for name in ("b", "a"):
            vault.sessions.add(name, Turn(Role.USER, name))
    window = opened()
    window.unsent.edit_again(Edit(0, DRAFT))
    lock(qtbot, window)
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.delete("a")

    unlock(qtbot, window)

    assert window.conversation.id == "b"
    assert window.findChild(EditDialog) is None


@pytest.mark.usefixtures("qapp")
def test_what_a_damaged_history_loses_is_begun_with_anew(vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "a"))
    before = Sessions(vault.sessions)
    shown = before.conversation(0)
    shown.draft = DRAFT
    note = left_open.noted(before, shown, damaged=True)
    vault.sessions.delete("a")
    sessions = Sessions(vault.sessions)

    back = left_open.put_back(sessions, note)

    assert back.shown is sessions.conversation(0)
    assert back.shown.draft == DRAFT


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("kept", [True, False])
def test_of_two_conversations_begun_both_drafts_are_there_after_unlocking(
    vault: Vault, *, kept: bool
) -> None:
    before = Sessions(vault.sessions)
    one = before.conversation(0)
    one.name, one.draft = "一个名字", "前一半"
    two = before.conversation(before.begin())
    two.draft = DRAFT
    assert one is not two
    note = left_open.noted(before, two)
    if kept:
        left_open.keep_drafts(vault.sessions.drafts, before, two)
    sessions = Sessions(vault.sessions)
    left_open.put_drafts_back(vault.sessions.drafts, sessions)

    back = left_open.put_back(sessions, note)

    assert sessions.rowCount() == 1
    assert back.shown is sessions.conversation(0)
    assert back.shown.draft == f"{DRAFT}\n\n前一半"


@pytest.mark.parametrize("fails", ["exchange", "sessions"])
def test_drafts_are_kept_though_the_end_of_a_reply_cannot_be(
    open_window: OpenWindow,
    tiny_model: Path,
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
    fails: str,
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "第一句"))
    window = open_window(tiny_model)
    type_text(window.middle.composer.field, DRAFT)

    def full() -> None:
        raise DiskFullError("vault.disk_full", folder=Path("there"))

    owner, name = {
        "exchange": (window.exchange, "leave"),
        "sessions": (window.sessions, "settle"),
    }[fails]
    monkeypatch.setattr(owner, name, full)

    window.close()

    assert window.isVisible()
    assert sentence("error.vault.disk_full", folder="there") in window.middle.notice.text
    kept = vault.sessions.drafts.of("a")
    assert kept is not None
    assert kept.text == DRAFT
    window.middle.notice.findChildren(QPushButton)[-1].click()
    assert not window.isVisible()


@pytest.mark.usefixtures("answered", "no_keyring")
def test_one_conversation_that_cannot_be_read_takes_nothing_else_with_it(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for name in ("b", "a"):
            vault.sessions.add(name, Turn(Role.USER, name))
    window = opened()
    window.show_conversation(1)
    type_text(window.middle.composer.field, DRAFT)
    window.begin_conversation(off_the_record=True)
    talk(qtbot, window, MESSAGE)
    before = rows(window)
    lock(qtbot, window)
    whole = History.turns

    def turns(history: History, session: str) -> tuple[StoredTurn, ...]:
        if session == "b":
            raise damaged()
        return whole(history, session)

    monkeypatch.setattr(History, "turns", turns)

    unlock(qtbot, window)

    assert rows(window) == before
    assert window.conversation.id is None
    assert damaged().sentence() in window.middle.notice.text
    monkeypatch.undo()
    row = window.sessions.row_of_session("b")
    assert row is not None
    window.show_conversation(row)
    assert window.middle.composer.text == DRAFT


@pytest.mark.usefixtures("answered", "no_keyring")
def test_where_no_key_opens_what_was_left_the_history_is_shown_all_the_same(
    opened: OpenedWindow, closed: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "a"))
    window = opened()
    lock(qtbot, window)
    monkeypatch.setattr(parcel, "unseal", lambda *_: None)

    unlock(qtbot, window)

    assert window.conversation.id == "a"
    assert sentence("error.vault.parcel_lost") in window.middle.notice.text
