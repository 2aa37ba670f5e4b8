"""What a person can do about the keys of an open history, in the window."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.errors import WrongPassphraseError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import (
    Vault,
    open_with_keyring,
    open_with_passphrase,
    open_with_recovery,
)
from desktop_app.views import backup_work
from desktop_app.views.changing import Changing
from desktop_app.views.key_dialogs import (
    EraseDialog,
    KeyDialog,
    PassphraseDialog,
    RemoveDialog,
    RotateDialog,
    SheetDialog,
)
from desktop_app.views.keys_section import KeysSection
from desktop_app.views.sessions import day_of
from resources.messages import choose_language, sentence
from tests.support.damaged_vault import opened
from tests.support.gate_fixtures import WAIT_MS
from tests.support.key_answers import ANOTHER, Answers, Sheet, give_passphrase
from tests.support.shown import show
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = pytest.mark.gui


@pytest.fixture
def section(qtbot: QtBot, vault: Vault) -> Iterator[KeysSection]:
    changing = Changing(vault)
    section = KeysSection(vault, changing)
    qtbot.addWidget(section)
    show(qtbot, section)
    yield section
    changing.close()


def said(qtbot: QtBot, section: KeysSection) -> str:
    """Wait until what was begun has ended, and return what is said of it."""
    qtbot.waitUntil(
        lambda: section.notice.text != "" and section.rotate.isEnabled(), timeout=WAIT_MS
    )
    return section.notice.text


def test_a_new_passphrase_counts_from_then_on(
    section: KeysSection, vault: Vault, folder: Path, qtbot: QtBot
) -> None:
    Answers(section, give_passphrase)
    section.set[SlotKind.PASSPHRASE].click()
    assert said(qtbot, section) == sentence("keys.passphrase_changed")
    vault.close()

    open_with_passphrase(folder, ANOTHER).close()
    with pytest.raises(WrongPassphraseError):
        open_with_passphrase(folder, PASSPHRASE)


@pytest.mark.parametrize("content", [b"{", None], ids=["damaged", "missing"])
def test_a_sheet_is_made_though_the_key_file_is_damaged_meanwhile(
    section: KeysSection, vault: Vault, folder: Path, qtbot: QtBot, content: bytes | None
) -> None:
    vault.files.envelope.unlink()
    if content is not None:
        vault.files.envelope.write_bytes(content)
    Answers(section, sheet := Sheet())
    section.set[SlotKind.RECOVERY].click()
    assert said(qtbot, section) == sentence("keys.recovery_in_force")
    vault.close()

    open_with_recovery(folder, sheet.code).close()


def test_a_key_file_that_was_damaged_at_the_opening_too_is_said(
    closed: Path, data_key: bytes, qtbot: QtBot
) -> None:
    (closed / "vault.json").write_bytes(b"{")
    with opened(closed, data_key) as vault:
        changing = Changing(vault)
        section = KeysSection(vault, changing)
        qtbot.addWidget(section)
        section.notice.clear()
        section.set[SlotKind.RECOVERY].click()

        assert "vault.json" in section.notice.text
        changing.close()


def test_two_that_differ_are_said_and_change_nothing(
    section: KeysSection, vault: Vault, folder: Path
) -> None:
    seen: list[str] = []

    def differ(dialog: KeyDialog) -> None:
        assert isinstance(dialog, PassphraseDialog)
        type_text(dialog.first.line, ANOTHER)
        type_text(dialog.second.line, ANOTHER + "!")
        dialog.act.click()
        seen.append(dialog.notice.text)
        dialog.reject()

    Answers(section, differ)
    section.set[SlotKind.PASSPHRASE].click()
    assert seen == [sentence("passphrase.differs")]
    vault.close()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_the_code_of_a_sheet_that_was_kept_opens(
    section: KeysSection, vault: Vault, folder: Path, qtbot: QtBot
) -> None:
    sheet = Sheet()
    Answers(section, sheet)
    section.set[SlotKind.RECOVERY].click()
    assert said(qtbot, section) == sentence("keys.recovery_in_force")
    vault.close()

    open_with_recovery(folder, sheet.code).close()


def test_a_sheet_that_was_not_kept_does_not_count(section: KeysSection, vault: Vault) -> None:
    before = RecoveryCode.new()
    vault.keys.set_recovery(before)
    slot = vault.keys.envelope().recovery
    Answers(section, KeyDialog.reject)
    section.set[SlotKind.RECOVERY].click()

    assert vault.keys.envelope().recovery == slot


def test_the_last_way_cannot_be_taken_away(
    section: KeysSection, vault: Vault, qtbot: QtBot
) -> None:
    button = section.remove[SlotKind.PASSPHRASE]
    assert button.isVisible()
    assert not button.isEnabled()
    Answers(section, Sheet())
    section.set[SlotKind.RECOVERY].click()
    said(qtbot, section)
    assert button.isEnabled()
    Answers(section, agree_to_remove)
    button.click()
    assert said(qtbot, section) == sentence("keys.passphrase_removed")
    assert vault.keys.envelope().slots() == {SlotKind.RECOVERY}


def agree_to_remove(dialog: KeyDialog) -> None:
    assert isinstance(dialog, RemoveDialog)
    dialog.act.click()


@pytest.mark.parametrize("kind", [SlotKind.PASSPHRASE, SlotKind.RECOVERY])
def test_a_way_is_taken_away_only_by_who_agrees_to_what_that_means(
    section: KeysSection, vault: Vault, qtbot: QtBot, kind: SlotKind
) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    section._show()
    told: list[str] = []

    def decline(dialog: KeyDialog) -> None:
        told.extend(label.accessibleName() for label in dialog.findChildren(QLabel))
        dialog.reject()

    Answers(section, decline)
    section.remove[kind].click()
    assert sentence(f"keys.{kind}_remove_means") in told
    assert kind in vault.keys.envelope().slots()

    Answers(section, agree_to_remove)
    section.remove[kind].click()
    assert said(qtbot, section) == sentence(f"keys.{kind}_removed")
    assert kind not in vault.keys.envelope().slots()


def test_the_keyring_is_added_and_taken_away(
    secret_service: Keychain, section: KeysSection, vault: Vault, qtbot: QtBot, folder: Path
) -> None:
    section.set[SlotKind.KEYRING].click()
    assert said(qtbot, section) == sentence("keys.keyring_added")
    assert not section.set[SlotKind.KEYRING].isVisible()
    section.remove[SlotKind.KEYRING].click()
    assert said(qtbot, section) == sentence("keys.keyring_removed")
    assert vault.keys.envelope().slots() == {SlotKind.PASSPHRASE}
    section.set[SlotKind.KEYRING].click()
    said(qtbot, section)
    vault.close()
    open_with_keyring(folder, secret_service).close()


@pytest.mark.usefixtures("no_keyring")
def test_a_keyring_that_does_not_work_is_said(section: KeysSection, qtbot: QtBot) -> None:
    section.set[SlotKind.KEYRING].click()
    said_here = said(qtbot, section)

    assert said_here == sentence("error.vault.keyring_unavailable", keyring="SecretService")
    assert section.set[SlotKind.KEYRING].isEnabled()


def test_the_data_key_is_changed_with_the_passphrase_in_force(
    section: KeysSection, vault: Vault, data_key: bytes, folder: Path, qtbot: QtBot
) -> None:
    def give(dialog: KeyDialog) -> None:
        assert isinstance(dialog, RotateDialog)
        type_text(dialog.field.line, PASSPHRASE)
        dialog.act.click()

    Answers(section, give)
    section.rotate.click()
    assert said(qtbot, section) == sentence("keys.rotated")
    assert vault.keys.dek != data_key
    vault.close()
    open_with_passphrase(folder, PASSPHRASE).close()


def test_changing_the_data_key_names_what_keeps_the_earlier_one_and_removes_it(
    section: KeysSection, vault: Vault
) -> None:
    replaced = vault.files.folder.with_name("vault.damaged-1")
    shutil.copytree(vault.files.folder, replaced)
    rescued = vault.files.folder / "history.damaged-2026-08-21.db"
    rescued.write_bytes(b"damaged")
    days = [day_of(made) for made in backup_work.aside(vault)]
    told: list[str] = []

    def remove(dialog: KeyDialog) -> None:
        assert isinstance(dialog, RotateDialog)
        told.append(dialog.says.text())
        for _ in range(2):  # asked for twice
            dialog.aside.click()
            told.append(dialog.says.text())
        dialog.cancel.click()

    Answers(section, remove)
    section.rotate.click()

    assert told[0].splitlines() == [sentence("keys.rotate_aside", day=day) for day in days]
    assert told[1:] == [
        sentence("window.remove_aside_means", count=2),
        sentence("sessions.aside_removed"),
    ]
    assert not replaced.exists()
    assert not rescued.exists()
    assert vault.files.history.exists()


@pytest.mark.parametrize(("typed", "wanted"), [("keys.erase_word", 1), ("keys.cancel", 0)])
def test_erasing_is_confirmed_by_typing_it(section: KeysSection, typed: str, wanted: int) -> None:
    asked: list[bool] = []
    section.erase_wanted.connect(lambda: asked.append(True))

    def answer(dialog: KeyDialog) -> None:
        assert isinstance(dialog, EraseDialog)
        type_text(dialog.line, sentence(typed))
        if dialog.act.isEnabled():
            dialog.act.click()
        else:
            dialog.reject()

    Answers(section, answer)
    section.erase.click()
    assert len(asked) == wanted


@pytest.mark.parametrize("by_keyring", [True, False])
def test_erasing_says_what_of_a_copied_folder_goes_with_the_keyrings_key(
    secret_service: Keychain, section: KeysSection, vault: Vault, *, by_keyring: bool
) -> None:
    if by_keyring:
        vault.keys.keep_in(secret_service)
    seen: list[str] = []

    def read(dialog: KeyDialog) -> None:
        assert isinstance(dialog, EraseDialog)
        seen.extend(label.accessibleName() for label in dialog.findChildren(QLabel))
        dialog.reject()

    Answers(section, read)
    section.erase.click()

    assert (sentence("keys.erase_keyring") in seen) == by_keyring


@pytest.mark.parametrize("typed", ["Erase everything", " ERASE EVERYTHING "])
def test_the_word_may_be_typed_as_the_button_writes_it(section: KeysSection, typed: str) -> None:
    choose_language("en")
    dialog = EraseDialog(section)
    type_text(dialog.line, typed)
    assert dialog.act.isEnabled()
    type_text(dialog.line, "!")
    assert not dialog.act.isEnabled()


def test_the_sheet_is_saved_as_a_private_pdf(section: KeysSection, tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"

    def save(dialog: KeyDialog) -> None:
        assert isinstance(dialog, SheetDialog)
        dialog.view.save_to(path)
        told.append(dialog.view.notice.text)
        dialog.reject()

    told: list[str] = []
    Answers(section, save)
    section.set[SlotKind.RECOVERY].click()
    assert path.read_bytes().startswith(b"%PDF")
    assert path.stat().st_mode & 0o777 == 0o600
    assert told == [sentence("keys.sheet_saved", path=path)]


@pytest.mark.skipif(sys.platform != "linux", reason="no files without a name")
def test_the_sheet_has_no_name_until_it_is_whole_and_takes_no_other_files_place(
    section: KeysSection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    path, others = folder / "sheet.pdf", folder / "sheet.pdf.part"
    others.write_bytes(b"mine")
    seen: list[list[str]] = []
    to_disk = os.fsync

    def look(handle: int) -> None:
        seen.append(sorted(each.name for each in folder.iterdir()))
        to_disk(handle)

    def save(dialog: KeyDialog) -> None:
        assert isinstance(dialog, SheetDialog)
        monkeypatch.setattr(os, "fsync", look)
        dialog.view.save_to(path)  # a kill here would leave what is seen
        dialog.view.save_to(path)  # the file dialog has asked whether it may
        monkeypatch.undo()
        dialog.reject()

    Answers(section, save)
    section.set[SlotKind.RECOVERY].click()

    assert seen[0] == ["sheet.pdf.part"]
    assert others.read_bytes() == b"mine"
    assert path.read_bytes().startswith(b"%PDF")
    assert sorted(each.name for each in folder.iterdir()) == ["sheet.pdf", "sheet.pdf.part"]
