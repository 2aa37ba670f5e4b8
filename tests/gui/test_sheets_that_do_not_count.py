"""A person who holds two recovery sheets is told which one counts, whatever refused the new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.vault.creation import create
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import Vault, open_with_recovery
from desktop_app.views.changing import Change, Changing
from desktop_app.views.key_dialogs import KeyDialog, RotateDialog
from desktop_app.views.keys_section import KeysSection
from resources.messages import sentence
from tests.support.gate_fixtures import WAIT_MS
from tests.support.key_answers import Answers, Sheet
from tests.support.shown import show
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import type_text

pytestmark = pytest.mark.gui


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[Vault], KeysSection]:
    def show_it(vault: Vault) -> KeysSection:
        changing = Changing(vault)
        section = KeysSection(vault, changing)
        qtbot.addWidget(section, before_close_func=lambda _: changing.close())
        show(qtbot, section)
        return section

    return show_it


def said(qtbot: QtBot, section: KeysSection) -> list[str]:
    """Wait until what was begun has ended, and return the sentences that are said of it."""
    qtbot.waitUntil(
        lambda: section.notice.text != "" and section.rotate.isEnabled(), timeout=WAIT_MS
    )
    return section.notice.text.splitlines()


class Asked:
    """Types a passphrase where the data key is to be changed, and reads what is said of that."""

    def __init__(self, qtbot: QtBot, passphrase: str) -> None:
        self._qtbot = qtbot
        self._passphrase = passphrase
        self.told = ""

    def __call__(self, dialog: KeyDialog) -> None:
        assert isinstance(dialog, RotateDialog)
        type_text(dialog.field.line, self._passphrase)
        dialog.act.click()
        self._qtbot.waitUntil(dialog.act.isEnabled, timeout=WAIT_MS)
        self.told = dialog.notice.text
        dialog.reject()


def give_it(dialog: KeyDialog) -> None:
    assert isinstance(dialog, RotateDialog)
    type_text(dialog.field.line, PASSPHRASE)
    dialog.act.click()


def test_a_slip_in_the_passphrase_is_said_at_once_and_leads_to_no_sheet(
    shown: Callable[[Vault], KeysSection], vault: Vault, qtbot: QtBot
) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    before = vault.keys.envelope()
    section, slip, sheet = shown(vault), Asked(qtbot, PASSPHRASE + "z"), Sheet()
    Answers(section, slip, sheet)

    section.rotate.click()

    assert slip.told == sentence("error.vault.wrong_passphrase")
    assert sheet.code == ""
    assert vault.keys.envelope() == before


def test_a_keyring_that_lost_its_key_is_said_with_a_way_on_and_leads_to_no_sheet(
    shown: Callable[[Vault], KeysSection],
    vault: Vault,
    qtbot: QtBot,
    secret_service: Keychain,
) -> None:
    vault.keys.set_recovery(RecoveryCode.new())
    vault.keys.keep_in(secret_service)
    secret_service.delete(vault.keys.envelope().vault)
    section, asked, sheet = shown(vault), Asked(qtbot, PASSPHRASE), Sheet()
    Answers(section, asked, sheet)

    section.rotate.click()

    assert asked.told == sentence("error.vault.rotation_keyring_lost", keyring=secret_service.name)
    assert sheet.code == ""


def test_one_that_the_person_took_back_after_it_was_shown(
    shown: Callable[[Vault], KeysSection], vault: Vault, folder: Path, qtbot: QtBot
) -> None:
    earlier = RecoveryCode.new()
    vault.keys.set_recovery(earlier)
    section = shown(vault)
    Answers(section, give_it, KeyDialog.reject)
    section.rotate.click()

    assert said(qtbot, section) == [sentence("error.vault.sheet_void")]
    vault.close()
    open_with_recovery(folder, earlier.text()).close()


@ONLY_ROOT
@pytest.mark.parametrize(("earlier", "key"), [(True, "sheet_void"), (False, "sheet_void_first")])
def test_one_that_a_full_disk_refuses(
    shown: Callable[[Vault], KeysSection],
    qtbot: QtBot,
    small_disk: Path,
    *,
    earlier: bool,
    key: str,
) -> None:
    folder, kept = small_disk / "data" / "vault", RecoveryCode.new()
    with create(folder, passphrase=PASSPHRASE) as vault:
        if earlier:
            vault.keys.set_recovery(kept)
        section = shown(vault)
        filler = fill(small_disk)
        Answers(section, Sheet())
        section.set[SlotKind.RECOVERY].click()

        told = [sentence("error.vault.disk_full", folder=folder), sentence(f"error.vault.{key}")]
        assert said(qtbot, section) == told
        filler.unlink()
    if earlier:
        open_with_recovery(folder, kept.text()).close()


def test_one_for_a_new_data_key_that_the_disk_refuses(
    shown: Callable[[Vault], KeysSection], vault: Vault, folder: Path, qtbot: QtBot
) -> None:
    earlier = RecoveryCode.new()
    vault.keys.set_recovery(earlier)
    section = shown(vault)
    (folder / "vault.next.json.part").mkdir()
    Answers(section, give_it, Sheet())
    section.rotate.click()

    assert said(qtbot, section)[1:] == [sentence("error.vault.sheet_void")]
    vault.close()
    open_with_recovery(folder, earlier.text()).close()


def test_one_for_a_change_that_something_else_came_before(
    shown: Callable[[Vault], KeysSection], vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = shown(vault)
    monkeypatch.setattr(Changing, "in_the_way_of", lambda *_: Change.CONVERSATIONS)
    Answers(section, Sheet())
    section._make_sheet()

    assert section.notice.text.splitlines() == [
        sentence("backup.bringing_in"),
        sentence("error.vault.sheet_void_first"),
    ]
