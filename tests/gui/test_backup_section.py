"""Backing up, restoring, exporting and importing in the window."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.creation import create
from desktop_app.vault.envelope import Envelope
from desktop_app.vault.sealing import new_key
from desktop_app.vault.vault import Vault
from desktop_app.views import backup_work
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.changing import Changing
from resources.messages import sentence
from tests.support.damaged_vault import flip_a_byte
from tests.support.gate_fixtures import WAIT_MS
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = pytest.mark.gui


@pytest.fixture
def section(qtbot: QtBot, vault: Vault) -> Iterator[BackupSection]:
    vault.sessions.add("a", Turn(Role.USER, "睡不着"))
    yield from shown(qtbot, vault)


@pytest.fixture
def elsewhere(qtbot: QtBot, tmp_path: Path) -> Iterator[BackupSection]:
    """The section over an empty history of another passphrase."""
    with create(tmp_path / "elsewhere" / "vault", passphrase="another passphrase") as vault:
        yield from shown(qtbot, vault)


def shown(qtbot: QtBot, vault: Vault) -> Iterator[BackupSection]:
    changing = Changing(vault)
    section = BackupSection(vault, changing)
    qtbot.addWidget(section)
    show(qtbot, section)
    yield section
    section.end()
    changing.close()


def said(qtbot: QtBot, section: BackupSection) -> str:
    """Wait until what was begun has ended, and return what is said of it."""
    qtbot.waitUntil(
        lambda: section.notice.text != "" and section.buttons["import"].isEnabled(), timeout=WAIT_MS
    )
    return section.notice.text


def way_on(section: BackupSection) -> QPushButton:
    (button,) = section.notice.findChildren(QPushButton)
    return button


def test_a_backup_comes_back_elsewhere_with_its_passphrase(
    qtbot: QtBot, section: BackupSection, elsewhere: BackupSection, tmp_path: Path
) -> None:
    section.back_up(tmp_path / "b")
    assert str(tmp_path / "b") in said(qtbot, section)

    elsewhere.restore(tmp_path / "b")
    said(qtbot, elsewhere)
    assert elsewhere.secret.isVisible()
    type_text(elsewhere.secret.line, PASSPHRASE)
    elsewhere.go_on.click()
    assert "1 段对话" in said(qtbot, elsewhere)
    assert elsewhere._vault.sessions.kept() == ()

    with qtbot.waitSignal(elsewhere.changing.brought_in, timeout=WAIT_MS):
        way_on(elsewhere).click()
    assert "恢复好了" in elsewhere.notice.text
    assert [session.id for session in elsewhere._vault.sessions.kept()] == ["a"]


def test_its_own_backup_asks_for_nothing_and_has_nothing_new(
    qtbot: QtBot, section: BackupSection, tmp_path: Path
) -> None:
    section.back_up(tmp_path / "b")
    said(qtbot, section)

    section.restore(tmp_path / "b")

    assert sentence("backup.nothing_new") in said(qtbot, section)
    assert not section.secret.isVisible()
    assert not section.notice.findChildren(QPushButton)


def test_a_history_that_was_set_aside_is_looked_into_and_what_can_be_read_comes_back(
    qtbot: QtBot, section: BackupSection, elsewhere: BackupSection
) -> None:
    section._vault.database.checkpoint()
    aside = elsewhere._vault.files.folder.with_name("vault.damaged-1")
    shutil.copytree(section._vault.files.folder, aside)
    flip_a_byte(aside / "history.db", page=1)
    before = (aside / "history.db").read_bytes()

    elsewhere.restore(aside, PASSPHRASE)
    assert sentence("backup.preview_damaged") in said(qtbot, elsewhere)
    with qtbot.waitSignal(elsewhere.changing.brought_in, timeout=WAIT_MS):
        way_on(elsewhere).click()

    assert [session.id for session in elsewhere._vault.sessions.kept()] == ["a"]
    assert (aside / "history.db").read_bytes() == before


def test_a_file_that_is_there_is_not_overwritten(
    qtbot: QtBot, section: BackupSection, tmp_path: Path
) -> None:
    (tmp_path / "b").write_text("mine")

    section.back_up(tmp_path / "b")

    assert "已经有了" in said(qtbot, section)
    assert (tmp_path / "b").read_text() == "mine"


def test_an_export_can_be_imported(
    qtbot: QtBot, section: BackupSection, elsewhere: BackupSection, tmp_path: Path
) -> None:
    backup_work.export(section._vault, tmp_path / "e.json", "json", ["a"])

    elsewhere.take_in(tmp_path / "e.json")

    assert "导入好了" in said(qtbot, elsewhere)
    assert [session.id for session in elsewhere._vault.sessions.kept()] == ["a"]
    qtbot.waitUntil(lambda: "导入之前" in "".join(elsewhere.copies.lines), timeout=WAIT_MS)


def test_what_an_import_leaves_out_is_said(
    qtbot: QtBot, elsewhere: BackupSection, tmp_path: Path
) -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    message = {"author": {"role": "user"}, "content": {"parts": [picture]}}
    mapping = {"a": {"message": message, "parent": None, "children": []}}
    (tmp_path / "conversations.json").write_text(json.dumps([{"mapping": mapping}]))

    elsewhere.take_in(tmp_path / "conversations.json")

    assert "1 条消息里带图片" in said(qtbot, elsewhere)


def test_a_history_that_only_the_keyring_opens_offers_a_recovery_sheet(
    qtbot: QtBot, section: BackupSection, tmp_path: Path
) -> None:
    vault = section._vault
    vault.own_envelope.write(Envelope().with_keyring(vault.keys.dek, new_key(), "x"))

    section.back_up(tmp_path / "b")

    assert "恢复码" in said(qtbot, section)
    with qtbot.waitSignal(section.recovery_wanted):
        way_on(section).click()
    assert not (tmp_path / "b").exists()


def test_the_copies_beside_the_history_are_shown_by_date_and_taken_back_without_a_file(
    qtbot: QtBot, vault: Vault
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "睡不着"))
    vault.backups.make()
    vault.database.rows("DELETE FROM session")
    for section in shown(qtbot, vault):
        qtbot.waitUntil(section.copies.isVisible, timeout=WAIT_MS)
        (line,) = section.copies.lines
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d，自动留的副本", line)

        section.copies.buttons[0].click()
        assert "1 段对话" in said(qtbot, section)
        with qtbot.waitSignal(section.changing.brought_in, timeout=WAIT_MS):
            way_on(section).click()

        assert [session.id for session in vault.sessions.kept()] == ["a"]


def test_a_history_set_aside_is_found_again(qtbot: QtBot, vault: Vault) -> None:
    vault.sessions.add("a", Turn(Role.USER, "睡不着"))
    aside = vault.files.folder.with_name("vault.damaged-1")
    vault.database.checkpoint()
    shutil.copytree(vault.files.folder, aside)
    vault.database.rows("DELETE FROM session")
    for section in shown(qtbot, vault):
        qtbot.waitUntil(section.copies.isVisible, timeout=WAIT_MS)
        assert "放到一旁" in section.copies.lines[0]
        section.copies.buttons[0].click()
        said(qtbot, section)
        with qtbot.waitSignal(section.changing.brought_in, timeout=WAIT_MS):
            way_on(section).click()
        assert [session.id for session in vault.sessions.kept()] == ["a"]


@pytest.mark.parametrize("action", ["backup", "restore", "import"])
def test_each_button_asks_for_a_file(section: BackupSection, action: str) -> None:
    section.buttons[action].click()

    (dialog,) = section.findChildren(QFileDialog)
    dialog.reject()
    assert section.notice.text == ""
