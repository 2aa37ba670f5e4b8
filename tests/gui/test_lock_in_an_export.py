"""Locking and quitting end an export or a backup: no file comes of it, and the lock says so."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.dialogue import Role, Turn
from desktop_app.paths import Paths
from desktop_app.vault import carried as carried_module
from desktop_app.vault import export as export_module
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.database import Database
from desktop_app.vault.errors import GivenUpError
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views import backup_work, export_pdf
from desktop_app.views.changing import Changing
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.privacy import Privacy
from resources.messages import sentence
from tests.support.gate_fixtures import unlock_page_of
from tests.support.locking import MESSAGE, OpenedWindow, is_open, lock_of, unlock, wait_for_page
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import holders

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]


@pytest.mark.usefixtures("qapp")
def test_a_pdf_given_up_at_its_second_conversation_leaves_no_file(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for session in ("a", "b"):
        vault.sessions.add(session, Turn(Role.USER, "你好"))
    read = carried_module.carried_session

    def given_up(*given: object) -> CarriedSession | None:
        vault.database.give_up()
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(carried_module, "carried_session", given_up)
    with pytest.raises(GivenUpError):
        backup_work.export(vault, folder / "e", "pdf", ["a", "b"])

    assert vault.database.broke_off
    assert not list(folder.iterdir())


def test_it_is_not_written_behind_the_lock_and_that_is_said(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.sessions.add("a", Turn(Role.USER, "你好"))
    window = opened()
    laid_out, may_go, ended = threading.Event(), threading.Event(), threading.Event()
    export, write = export_module.exported, export_module.write_export

    def held(*given: object) -> str:
        text = export(*given)  # type: ignore[arg-type]
        laid_out.set()
        assert may_go.wait(60)
        ended.set()
        return text

    monkeypatch.setattr(export_module, "exported", held)
    monkeypatch.setattr(export_module, "write_export", lambda *given: written.append(write(*given)))
    written: list[None] = []
    open_vault = lock_of(window)._vault
    assert open_vault is not None
    changing = window.findChild(Changing)
    assert isinstance(changing, Changing)
    dialog = ExportDialog(open_vault, changing, window)
    dialog.open()
    file = tmp_path / "out" / "e.md"
    file.parent.mkdir()
    dialog.export(file)
    qtbot.waitUntil(laid_out.is_set)

    window.lock_wanted.emit()
    wait_for_page(qtbot, window)
    may_go.set()
    for thread in threading.enumerate():
        if thread.name == "task":
            thread.join(60)

    assert ended.is_set()
    assert not is_open(closed)
    assert sentence("lock.broke_off_writing_out") in unlock_page_of(window).notice.text
    assert written == []
    assert not list(file.parent.iterdir())


def test_one_long_conversation_is_not_laid_out_behind_the_lock(
    opened: OpenedWindow,
    closed: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for number in range(30):
            vault.sessions.add("a", Turn(Role.USER, MESSAGE + str(number)))
    window = opened()
    tenth, may_go = threading.Event(), threading.Event()
    written: list[None] = []
    write = export_pdf._turn

    def counted(cursor: QTextCursor, turn: CarriedTurn) -> None:
        written.append(write(cursor, turn))
        if len(written) == 10:
            tenth.set()
            assert may_go.wait(60)

    monkeypatch.setattr(export_pdf, "_turn", counted)
    open_vault, changing = lock_of(window)._vault, window.findChild(Changing)
    assert open_vault is not None
    assert isinstance(changing, Changing)
    dialog = ExportDialog(open_vault, changing, window)
    dialog.form.setCurrentIndex(dialog.form.findData("pdf"))
    dialog.export(tmp_path / "e.pdf")
    qtbot.waitUntil(tenth.is_set)
    del open_vault, changing, dialog

    window.lock_wanted.emit()
    wait_for_page(qtbot, window)
    may_go.set()
    for thread in threading.enumerate():
        if thread.name == "task":
            thread.join(60)
    gc.collect()

    assert len(written) == 10
    assert not list(tmp_path.glob("e.pdf*"))
    assert holders(MESSAGE) == []


@pytest.mark.usefixtures("qapp")
def test_a_pdf_given_up_when_it_is_written_down_is_neither_laid_out_nor_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = tuple(CarriedTurn(Role.USER, "睡不着。" * 40) for _ in range(60))
    drawn: list[int] = []
    monkeypatch.setattr(export_pdf, "draw_page", lambda _, number, __: drawn.append(number))

    for steps in (len(said) + 1, len(said) + 10):  # the first paragraph, some of them
        left = iter(range(steps))

        def check(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise GivenUpError("vault.given_up")

        with pytest.raises(GivenUpError):
            export_pdf.pdf([CarriedSession("a", said)], check)

    assert drawn == []


def test_quitting_leaves_no_half_backup_and_says_so_before(
    qapp: QApplication,
    tiny_model: Path,
    paths: Paths,
    closed: Path,
    data_key: bytes,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    with Database(closed / "history.db", data_key) as database, database.transaction():
        database.rows("INSERT INTO document VALUES ('large', ?, 0)", ("话" * 20_000_000,))
    folder = tmp_path / "out"
    folder.mkdir()
    with running_window(qapp, str(tiny_model), paths) as window:
        show(qtbot, window)
        window.activateWindow()
        unlock(qtbot, window)
        window.header.settings.actions_by_key()["settings.privacy"].trigger()
        page = window.findChild(Privacy)
        assert isinstance(page, Privacy)
        assert page.backup is not None
        page.backup.back_up(folder / "b")
        qtbot.waitUntil(lambda: bool(list(closed.parent.glob("vault.copying-*"))))
        window.close()
        assert window.isVisible()
        told = {sentence(f"error.vault.not_written_out{yet}") for yet in ("", "_yet")}
        assert window.middle.notice.text in told
        anyway = window.middle.notice.button("window.close_anyway")
        assert anyway is not None
        anyway.click()
        assert not window.isVisible()
    assert not [each for each in threading.enumerate() if each.name == "task"]
    assert not list(folder.iterdir())
