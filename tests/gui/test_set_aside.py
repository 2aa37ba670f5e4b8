"""Removing for good says which damaged histories still hold it, and can remove them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault.set_aside import copies_aside
from desktop_app.vault.vault import Vault
from desktop_app.views.backup_section import BackupSection
from desktop_app.views.changing import Changing
from desktop_app.views.history_parts import HistoryParts
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.gui.conftest import OpenWindow
from tests.support.damaged_vault import opened
from tests.support.gate_fixtures import WAIT_MS
from tests.support.two_histories import go_back

pytestmark = pytest.mark.gui


@pytest.fixture
def asides(vault: Vault) -> list[Path]:
    """What a rescue and a restore left."""
    vault.sessions.add("a", Turn(Role.USER, "一"))
    vault.sessions.delete("a")
    rescued = vault.files.folder / "history.damaged-2026-08-21.db"
    rescued.write_bytes(b"damaged")
    replaced = vault.files.folder.with_name("vault.damaged-1")
    replaced.mkdir()
    (replaced / "history.db").write_bytes(b"damaged")
    return [rescued, replaced]


def trash(window: MainWindow) -> TrashDialog:
    parts = window.side.findChild(HistoryParts)
    assert parts is not None
    parts.show_trash()
    dialog = window.side.findChild(TrashDialog)
    assert dialog is not None
    return dialog


def test_both_kinds_are_named_before_anything_is_removed(
    open_window: OpenWindow, tiny_model: Path, asides: list[Path]
) -> None:
    dialog = trash(open_window(tiny_model))

    dialog.purge.click()

    said = dialog._says.text().splitlines()
    assert said[0] == sentence("window.purge_means")
    assert len(said) == 1 + len(asides)
    dialog.close()


def test_they_are_removed_when_that_is_said_twice(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, asides: list[Path]
) -> None:
    dialog = trash(open_window(tiny_model))

    dialog.aside.click()
    assert dialog._says.text() == sentence("window.remove_aside_means", count=2)
    assert all(path.exists() for path in asides)
    dialog.aside.click()

    assert not any(path.exists() for path in asides)
    assert dialog._says.text() == sentence("sessions.aside_removed")
    assert dialog.aside.isHidden()
    assert vault.files.history.exists()
    dialog.close()


def test_a_wish_to_remove_one_thing_is_none_to_remove_another(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, asides: list[Path]
) -> None:
    dialog = trash(open_window(tiny_model))

    for button in (dialog.aside, dialog.purge, dialog.aside, dialog.purge):
        button.click()

    assert all(path.exists() for path in asides)
    assert len(vault.sessions.trashed()) == 1
    dialog.close()


def test_where_there_are_none_nothing_is_offered(open_window: OpenWindow, tiny_model: Path) -> None:
    dialog = trash(open_window(tiny_model))

    assert dialog.aside.isHidden()
    dialog.close()


@pytest.fixture
def section(qtbot: QtBot, vault: Vault) -> Iterator[BackupSection]:
    section = BackupSection(vault, Changing(vault))
    qtbot.addWidget(section)
    section.show()
    yield section
    section.end()


@pytest.mark.usefixtures("asides")
def test_the_privacy_page_says_how_much_of_the_disk_they_take(
    vault: Vault, request: pytest.FixtureRequest
) -> None:
    (vault.files.folder / "history.damaged-2026-08-22.db").write_bytes(bytes(3_000_000))
    section: BackupSection = request.getfixturevalue("section")

    assert section.aside.isVisible()
    assert section.aside.text == sentence("copies.kept_aside", count=3, megabytes="4")


def test_there_they_are_removed_when_that_is_said_twice_and_the_copies_looked_for_again(
    asides: list[Path], section: BackupSection, vault: Vault, qtbot: QtBot
) -> None:
    (asides[1] / "vault.json").write_bytes(b"{}")
    qtbot.waitUntil(lambda: len(section.copies.buttons) == 1, timeout=WAIT_MS)

    section.aside.button.click()
    assert section.notice.text == sentence("window.remove_aside_means", count=2)
    assert all(path.exists() for path in asides)
    section.aside.button.click()

    assert not any(path.exists() for path in asides)
    assert section.notice.text == sentence("sessions.aside_removed")
    assert not section.aside.isVisible()
    qtbot.waitUntil(lambda: section.copies.buttons == [], timeout=WAIT_MS)
    assert vault.files.history.exists()


def test_there_too_nothing_is_offered_where_there_are_none(section: BackupSection) -> None:
    QApplication.processEvents()
    assert not section.aside.isVisible()


def test_a_history_that_went_back_is_told_of_in_the_window(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, data_key: bytes, tmp_path: Path
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "一"))
    with opened(go_back(vault, tmp_path), data_key) as gone_back:
        (aside,) = copies_aside(gone_back.files)
        window = open_window(tiny_model, history=gone_back)

        told = sentence("error.vault.strange_copies_aside", folder=aside)
        assert window.middle.notice.text == told
        window.close()
