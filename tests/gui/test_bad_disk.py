"""A disk that fills up and a clock that went back: one sentence in place, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.vault.creation import create
from desktop_app.vault.errors import DiskFullError, VaultError
from desktop_app.vault.vault import CLOCK_TOLERANCE, Vault, open_with_passphrase
from desktop_app.views.purging import Purging
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.raising import raising
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import (
    last,
    rows,
    send,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

pytestmark = pytest.mark.gui


@pytest.fixture
def small_vault(small_disk: Path) -> Iterator[Vault]:
    """A vault on a disk of one megabyte."""
    with create(small_disk / "vault", passphrase=PASSPHRASE) as vault:
        yield vault


def full(disk: Path) -> str:
    return sentence("error.vault.disk_full", folder=disk / "vault")


@ONLY_ROOT
def test_a_message_that_no_longer_fits_stays_in_the_field_until_there_is_space(
    small_vault: Vault, open_window: OpenWindow, tiny_model: Path, small_disk: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model, history=small_vault)
    wait_for_model(qtbot, window)
    filler = fill(small_disk)
    text = "话" * 1000
    send(qtbot, window, text)
    assert rows(window) == []
    assert window.middle.composer.text == text
    assert window.middle.notice.text == full(small_disk)
    filler.unlink()
    window.send(window.middle.composer.text)
    wait_for_end(qtbot, window)
    (session,) = small_vault.sessions.kept()
    assert small_vault.sessions.turns(session.id)[0].turn.content == text


@ONLY_ROOT
def test_a_reply_that_no_longer_fits_stays_on_the_screen_and_is_kept_with_the_next_message(
    small_vault: Vault, open_window: OpenWindow, endless_model: Path, small_disk: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model, history=small_vault)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    filler = fill(small_disk)
    window.middle.composer.stop.click()
    wait_for_end(qtbot, window)
    shown = last(window).text
    assert window.middle.notice.text == full(small_disk)
    filler.unlink()
    send(qtbot, window, "再说一句。")
    wait_for_words(qtbot, window)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    (session,) = small_vault.sessions.kept()
    reply = small_vault.sessions.turns(session.id)[1]
    assert (reply.turn.content, reply.state) == (shown, TurnState.STOPPED)


@ONLY_ROOT
def test_a_reply_that_did_not_fit_is_kept_when_the_window_goes_and_there_is_space(
    small_vault: Vault, open_window: OpenWindow, endless_model: Path, small_disk: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model, history=small_vault)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    filler = fill(small_disk)
    window.exchange.stop()
    wait_for_end(qtbot, window)
    filler.unlink()
    window.leave()
    (session,) = small_vault.sessions.kept()
    reply = small_vault.sessions.turns(session.id)[1]
    assert (reply.turn.content, reply.state) == (last(window).text, TurnState.STOPPED)


@ONLY_ROOT
def test_the_window_stays_open_while_a_reply_is_not_on_the_disk_unless_told_otherwise(
    small_vault: Vault, open_window: OpenWindow, endless_model: Path, small_disk: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model, history=small_vault)
    send(qtbot, window, "你好。")
    wait_for_words(qtbot, window)
    filler = fill(small_disk)
    window.close()
    assert window.isVisible()
    assert window.middle.notice.text == full(small_disk)
    shown = last(window).text
    filler.unlink()
    again, anyway = window.middle.notice.findChildren(QPushButton)
    assert anyway.text() == sentence("window.close_anyway")
    again.click()
    assert not window.isVisible()
    (session,) = small_vault.sessions.kept()
    assert small_vault.sessions.turns(session.id)[1].turn.content == shown


def test_words_that_are_not_kept_are_said_before_what_is_not_removed(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(tiny_model)
    purging = Purging(vault, window)
    error = DiskFullError("vault.disk_full", folder=vault.files.folder)
    with monkeypatch.context() as patched:
        patched.setattr(window, "leave", raising(error))
        patched.setattr(purging, "finish", raising(VaultError("vault.not_purged_yet")))
        window.close()

        assert window.isVisible()
        left = sentence("error.vault.not_purged_yet")
        assert window.middle.notice.text == f"{error}\n{left}"


def test_a_message_stays_in_the_field_where_the_history_was_removed_meanwhile(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    path = vault.database.path
    path.unlink()
    send(qtbot, window, "还在吗？")
    assert rows(window) == []
    assert window.middle.composer.text == "还在吗？"
    assert window.middle.notice.text == sentence("error.vault.history_gone", path=path)
    window.middle.composer.field.clear()


def test_a_clock_that_went_back_is_told_once_and_the_order_stays(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    for text in ("先说的", "后说的"):
        vault.sessions.add(text.encode().hex(), Turn(Role.USER, text))
    newest = vault.sessions.newest()
    assert newest is not None
    folder = vault.sessions._database.path.parent
    vault.close()
    back = (newest - 2 * CLOCK_TOLERANCE - timedelta(days=1)).timestamp()
    with open_with_passphrase(folder, PASSPHRASE, clock=lambda: back) as reopened:
        window = open_window(tiny_model, history=reopened)
        assert window.middle.notice.text == sentence("error.vault.clock_backwards")
        assert rows(window)[0].text == "后说的"
        wait_for_model(qtbot, window)
        send(qtbot, window, "现在说的")
        wait_for_end(qtbot, window)
        (latest, *_) = reopened.sessions.kept()
        assert reopened.sessions.turns(latest.id)[1].turn.content == "现在说的"
        window.leave()
        window.lock_wanted.emit()  # it is put away after its history is closed
