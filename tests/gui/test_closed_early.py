"""The page is closed before what was asked for on it has ended: its end is told all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.dialogue import Role, Turn
from desktop_app.vault import backup_file, key_slots, own_envelope
from desktop_app.vault import export as export_module
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.envelope_file import read_envelope
from desktop_app.vault.errors import DiskFullError, GivenUpError, KeyringError
from desktop_app.vault.recovery_code import RecoveryCode
from desktop_app.vault.vault import Vault, open_with_passphrase, open_with_recovery
from desktop_app.views import key_changes
from desktop_app.views.changing import MOMENT_S, OF_KEYS, Change, Changing
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.keys_section import KeysSection
from desktop_app.views.privacy import Privacy
from desktop_app.views.window import MainWindow
from resources.messages import sentence
from tests.support.gate_fixtures import unlock_page_of
from tests.support.key_answers import ANOTHER, Answers, Sheet, give_passphrase
from tests.support.locking import DRAFT, OpenedWindow, wait_for_page
from tests.support.raising import raising
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.window_run import WAIT_MS, rows, send, wait_for_end, wait_for_model

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

BEFORE = "这句话原来就在"


@pytest.fixture
def window(opened: OpenedWindow, closed: Path) -> MainWindow:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        for turn in (Turn(Role.USER, "睡不着"), Turn(Role.ASSISTANT, "嗯")):
            vault.sessions.add("a", turn)
    return opened()


class Held:
    """What holds a thread at a point of its way, until it may go on."""

    def __init__(self) -> None:
        self.reached, self.may_go = threading.Event(), threading.Event()

    def __call__(self, *_: object) -> None:
        self.reached.set()
        assert self.may_go.wait(60)


@pytest.fixture
def held() -> Iterator[Held]:
    holds = Held()
    yield holds
    holds.may_go.set()


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch, held: Held) -> Held:
    """Holds a change of a way of opening when it is sealed and not written yet."""

    def point(name: str) -> None:
        if name == "key_slots.sealed":
            held()

    monkeypatch.setattr(key_slots, "crash_point", point)
    return held


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch, held: Held) -> Held:
    """Holds a backup when the history is copied and nothing of it is packed yet."""

    def point(name: str) -> None:
        if name == "backup_file.copied":
            held()

    monkeypatch.setattr(backup_file, "crash_point", point)
    return held


def page_of(window: MainWindow) -> Privacy:
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    (page,) = (each for each in window.findChildren(Privacy) if each.isVisible())
    return page


def keys_of(page: Privacy) -> KeysSection:
    assert page.keys is not None
    return page.keys


def vault_of(window: MainWindow) -> Vault:
    (changing,) = window.findChildren(Changing)
    return changing._vault


def begin_backup(window: MainWindow, path: Path) -> None:
    """Press the button, choose the file, close the page."""
    page = page_of(window)
    assert page.backup is not None
    page.backup.back_up(path)
    page.accept()


def begin_export(window: MainWindow, path: Path) -> None:
    """Have a conversation exported from its menu, and close the dialog."""
    window.side.export_wanted.emit("a")
    (dialog,) = window.findChildren(ExportDialog)
    dialog.export(path)
    dialog.reject()


def begin_sheet(window: MainWindow) -> Sheet:
    """Say of a new recovery sheet "I have it", and close the page."""
    page, sheet = page_of(window), Sheet()
    Answers(keys_of(page), sheet)
    keys_of(page).set[SlotKind.RECOVERY].click()
    page.accept()
    assert sheet.code
    return sheet


def begin_passphrase(window: MainWindow) -> None:
    page = page_of(window)
    Answers(keys_of(page), give_passphrase)
    keys_of(page).set[SlotKind.PASSPHRASE].click()
    page.accept()


def wait_until_said(qtbot: QtBot, window: MainWindow, said: str) -> None:
    qtbot.waitUntil(lambda: said in window.middle.notice.text, timeout=WAIT_MS)


def wait_until_nothing_goes_on(qtbot: QtBot, window: MainWindow) -> None:
    (changing,) = window.findChildren(Changing)
    qtbot.waitUntil(lambda: not changing.going_on, timeout=WAIT_MS)


@ONLY_ROOT
def test_a_backup_that_a_full_disk_refuses(
    window: MainWindow, qtbot: QtBot, small_disk: Path
) -> None:
    fill(small_disk)
    begin_backup(window, small_disk / "b")

    wait_until_said(qtbot, window, sentence("error.vault.disk_full", folder=small_disk))
    assert [each.name for each in small_disk.iterdir()] == ["filler"]


def test_a_backup_that_is_written(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    begin_backup(window, tmp_path / "b")

    wait_until_said(qtbot, window, sentence("backup.written", path=tmp_path / "b"))
    assert (tmp_path / "b").exists()


def test_its_end_stands_below_what_the_window_says(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.say(lambda: BEFORE)
    begin_backup(window, tmp_path / "b")

    wait_until_said(qtbot, window, sentence("backup.written", path=tmp_path / "b"))
    assert window.middle.notice.text.splitlines()[0] == BEFORE


@ONLY_ROOT
def test_an_export_that_a_full_disk_refuses(
    window: MainWindow, qtbot: QtBot, small_disk: Path
) -> None:
    fill(small_disk)
    begin_export(window, small_disk / "e.md")

    wait_until_said(qtbot, window, sentence("error.vault.disk_full", folder=small_disk))
    assert [each.name for each in small_disk.iterdir()] == ["filler"]


def test_an_export_that_is_written(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    begin_export(window, tmp_path / "e.md")

    wait_until_said(qtbot, window, sentence("export.written", path=tmp_path / "e.md", count=1))


def test_an_export_begun_on_the_page_is_told_of_there_while_that_is_open(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    write = export_module.write_export

    def writing(*given: object) -> None:
        held()
        write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(export_module, "write_export", writing)
    page = page_of(window)
    assert page.backup is not None
    page.backup.export()
    (dialog,) = window.findChildren(ExportDialog)
    dialog.export(tmp_path / "e.md")
    assert page.backup.notice.text == ""  # the dialog says it
    dialog.reject()
    assert page.backup.notice.text == sentence("backup.writing_out")
    held.may_go.set()

    qtbot.waitUntil(page.backup.buttons["export"].isEnabled, timeout=WAIT_MS)
    said = sentence("export.written", path=tmp_path / "e.md", count=1)
    assert page.backup.notice.text == said
    assert window.middle.notice.text == ""
    page.accept()


def full(closed: Path) -> Callable[..., None]:
    return raising(DiskFullError("vault.disk_full", folder=closed))


def test_a_recovery_sheet_that_the_disk_refuses(
    window: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_envelope, "write_envelope", full(closed))
    begin_sheet(window)

    wait_until_said(qtbot, window, sentence("error.vault.disk_full", folder=closed))
    assert sentence("error.vault.sheet_void_first") in window.middle.notice.text.splitlines()


def test_a_recovery_sheet_that_is_in_force(window: MainWindow, qtbot: QtBot, closed: Path) -> None:
    sheet = begin_sheet(window)

    wait_until_said(qtbot, window, sentence("keys.recovery_in_force"))
    vault_of(window).close()
    open_with_recovery(closed, sheet.code).close()


def test_a_passphrase_that_the_disk_refuses(
    window: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_envelope, "write_envelope", full(closed))
    begin_passphrase(window)

    wait_until_said(qtbot, window, sentence("error.vault.disk_full", folder=closed))


def test_a_passphrase_that_is_changed(window: MainWindow, qtbot: QtBot, closed: Path) -> None:
    begin_passphrase(window)

    wait_until_said(qtbot, window, sentence("keys.passphrase_changed"))
    vault_of(window).close()
    open_with_passphrase(closed, ANOTHER).close()


def test_a_keyring_that_keeps_what_is_of_no_use_now(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = KeyringError("vault.keyring_left", keyring="x")
    monkeypatch.setattr(key_changes, "take_out_of_keyring", raising(error))
    page = page_of(window)
    keys_of(page)._remove(SlotKind.KEYRING)
    page.accept()

    wait_until_said(qtbot, window, str(error))


def test_a_page_opened_meanwhile_says_so_and_begins_no_other_of_the_section(
    window: MainWindow, qtbot: QtBot, sealed: Held
) -> None:
    begin_sheet(window)
    page = page_of(window)
    keys, backup = keys_of(page), page.backup
    assert backup is not None
    assert keys.notice.text == sentence("keys.changing_way")
    assert not keys.set[SlotKind.PASSPHRASE].isEnabled()
    assert not keys.rotate.isEnabled()
    assert keys.erase.isEnabled()
    assert backup.buttons["backup"].isEnabled()

    sealed.may_go.set()
    qtbot.waitUntil(keys.rotate.isEnabled, timeout=WAIT_MS)
    assert keys.notice.text == sentence("keys.recovery_in_force")
    assert window.middle.notice.text == ""
    page.accept()


def test_a_dialog_opened_meanwhile_says_that_a_backup_is_written_and_then_what_came_of_it(
    window: MainWindow, qtbot: QtBot, copied: Held, tmp_path: Path
) -> None:
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(copied.reached.is_set, timeout=WAIT_MS)
    window.side.export_wanted.emit("a")
    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.notice.text == sentence("backup.writing_out")
    assert not dialog.write.isEnabled()
    dialog.export(tmp_path / "e.md")

    copied.may_go.set()
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)
    assert dialog.notice.text == sentence("backup.written", path=tmp_path / "b")
    assert not (tmp_path / "e.md").exists()
    dialog.reject()


def test_no_reply_waits_for_a_backup(
    window: MainWindow, qtbot: QtBot, copied: Held, tmp_path: Path
) -> None:
    wait_for_model(qtbot, window)
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(copied.reached.is_set, timeout=WAIT_MS)

    window.begin_conversation()
    send(qtbot, window, DRAFT)
    wait_for_end(qtbot, window)
    assert len(rows(window)) == 2


def test_a_lock_says_that_a_sheet_that_was_not_in_force_in_time_counts_for_nothing(
    window: MainWindow, qtbot: QtBot, closed: Path, sealed: Held
) -> None:
    before = read_envelope(closed / "vault.json")
    begin_sheet(window)
    qtbot.waitUntil(sealed.reached.is_set, timeout=WAIT_MS)
    window.lock_wanted.emit()
    wait_for_page(qtbot, window)
    assert sentence("lock.broke_off_changing_key") in unlock_page_of(window).notice.text

    sealed.may_go.set()
    join_tasks()
    assert read_envelope(closed / "vault.json") == before


def test_a_lock_waits_for_a_sheet_that_is_about_to_be_in_force(
    window: MainWindow, qtbot: QtBot, closed: Path, sealed: Held
) -> None:
    sheet = begin_sheet(window)
    qtbot.waitUntil(sealed.reached.is_set, timeout=WAIT_MS)
    threading.Timer(0.2, sealed.may_go.set).start()
    window.lock_wanted.emit()
    wait_for_page(qtbot, window)

    assert unlock_page_of(window).notice.text == ""
    open_with_recovery(closed, sheet.code).close()


def test_a_lock_says_what_went_wrong_that_nobody_has_heard_yet(
    window: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_envelope, "write_envelope", full(closed))
    begin_sheet(window)
    join_tasks()  # it has ended, and the window has not come to hear of it
    window.lock_wanted.emit()
    wait_for_page(qtbot, window)

    told = sentence("error.vault.disk_full", folder=closed)
    assert told in unlock_page_of(window).notice.text


def join_tasks() -> None:
    for thread in threading.enumerate():
        if thread.name == "task":
            thread.join(60)


def test_a_lock_does_not_deny_a_sheet_whose_copies_did_not_follow_in_time(
    window: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    def point(name: str) -> None:
        if name == "key_slots.written":
            held()

    monkeypatch.setattr(key_slots, "crash_point", point)
    sheet = begin_sheet(window)
    qtbot.waitUntil(held.reached.is_set, timeout=WAIT_MS)
    window.lock_wanted.emit()
    wait_for_page(qtbot, window)

    assert unlock_page_of(window).notice.text == ""
    held.may_go.set()
    join_tasks()
    open_with_recovery(closed, sheet.code).close()


def test_a_window_about_to_close_says_that_a_sheet_is_not_in_force(
    window: MainWindow, qtbot: QtBot, sealed: Held
) -> None:
    begin_sheet(window)
    qtbot.waitUntil(sealed.reached.is_set, timeout=WAIT_MS)
    window.close()

    assert window.isVisible()
    assert window.middle.notice.text == sentence("error.vault.key_not_changed_yet")
    sealed.may_go.set()
    wait_until_nothing_goes_on(qtbot, window)


def test_a_window_about_to_close_says_what_went_wrong_once(
    window: MainWindow, qtbot: QtBot, closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = DiskFullError("vault.disk_full", folder=closed)
    monkeypatch.setattr(own_envelope, "write_envelope", raising(error))
    begin_sheet(window)
    join_tasks()
    window.close()
    wait_until_nothing_goes_on(qtbot, window)

    assert window.isVisible()
    told = f"{error}\n{sentence('error.vault.sheet_void_first')}"
    assert window.middle.notice.text == told


def test_a_window_about_to_close_says_that_a_backup_is_not_written(
    window: MainWindow, qtbot: QtBot, copied: Held, tmp_path: Path
) -> None:
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(copied.reached.is_set, timeout=WAIT_MS)
    threading.Timer(0.1, copied.may_go.set).start()
    window.close()
    wait_until_nothing_goes_on(qtbot, window)

    assert window.isVisible()
    assert window.middle.notice.text == sentence("error.vault.not_written_out")
    assert not (tmp_path / "b").exists()


def test_a_backup_that_is_written_after_all_is_no_longer_said_to_be_not_done(
    window: MainWindow, qtbot: QtBot, copied: Held, tmp_path: Path
) -> None:
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(copied.reached.is_set, timeout=WAIT_MS)
    window.close()
    assert window.middle.notice.text == sentence("error.vault.not_written_out_yet")

    copied.may_go.set()
    wait_until_nothing_goes_on(qtbot, window)
    assert window.middle.notice.text == sentence("backup.written", path=tmp_path / "b")
    assert window.middle.notice.ways == ()


def test_a_backup_that_was_stopped_and_ends_late_is_said_to_be_not_written(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    vault, reached = vault_of(window), threading.Event()

    def point(name: str) -> None:
        if name == "backup_file.copied":
            reached.set()
            while not vault.database.broke_off:
                threading.Event().wait(0.01)
            held()  # it is being undone, on a slow disk
            raise GivenUpError("vault.given_up")

    monkeypatch.setattr(backup_file, "crash_point", point)
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(reached.is_set, timeout=WAIT_MS)
    window.close()
    assert window.middle.notice.text == sentence("error.vault.not_written_out_yet")

    held.may_go.set()
    wait_until_nothing_goes_on(qtbot, window)
    assert window.middle.notice.text == sentence("error.vault.not_written_out")


def test_a_backup_that_is_certain_on_a_slow_disk_is_not_said_to_be_given_up(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    vault = vault_of(window)
    last = vault.database.check_given_up_at_last

    def slowly() -> None:
        last()
        held()

    monkeypatch.setattr(vault.database, "check_given_up_at_last", slowly)
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(held.reached.is_set, timeout=WAIT_MS)
    threading.Timer(2 * MOMENT_S, held.may_go.set).start()
    window.close()

    assert not window.isVisible()
    join_tasks()
    assert (tmp_path / "b").exists()


def test_a_way_of_opening_changed_beside_a_backup_does_not_end_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, codes = vault_of(window), [RecoveryCode.new()]
    copy_to = vault.database.copy_to

    def meanwhile(path: Path) -> None:
        copy_to(path)
        if codes:
            vault.keys.set_recovery(codes.pop())

    monkeypatch.setattr(vault.database, "copy_to", meanwhile)
    begin_backup(window, tmp_path / "b")

    wait_until_said(qtbot, window, sentence("backup.written", path=tmp_path / "b"))


def test_no_new_data_key_beside_a_backup_but_all_may_be_erased(
    window: MainWindow, qtbot: QtBot, copied: Held, tmp_path: Path
) -> None:
    begin_backup(window, tmp_path / "b")
    qtbot.waitUntil(copied.reached.is_set, timeout=WAIT_MS)
    page = page_of(window)
    assert not keys_of(page).rotate.isEnabled()
    assert keys_of(page).set[SlotKind.PASSPHRASE].isEnabled()
    assert keys_of(page).erase.isEnabled()

    copied.may_go.set()
    qtbot.waitUntil(keys_of(page).rotate.isEnabled, timeout=WAIT_MS)
    page.accept()


def test_an_error_in_the_export_dialog_outlasts_the_end_of_another_change(
    window: MainWindow, qtbot: QtBot, sealed: Held, tmp_path: Path
) -> None:
    begin_sheet(window)
    window.side.export_wanted.emit("a")
    (dialog,) = window.findChildren(ExportDialog)
    (tmp_path / "e.md").touch()
    dialog.export(tmp_path / "e.md")
    qtbot.waitUntil(dialog.write.isEnabled, timeout=WAIT_MS)
    said = dialog.notice.text

    sealed.may_go.set()
    wait_until_nothing_goes_on(qtbot, window)
    assert str(tmp_path / "e.md") in said
    assert dialog.notice.text == said
    dialog.reject()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change.KEYS, "error.vault.key_not_changed"),
        (Change.WAY, "error.vault.key_not_changed"),
        (Change.CONVERSATIONS, "window.not_brought_in"),
        (Change.WRITING_OUT, "error.vault.not_written_out"),
    ],
)
def test_the_page_of_a_window_that_stays_says_of_what_was_given_up_that_it_is_not_done(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, change: Change, said: str
) -> None:
    vault, (changing,) = vault_of(window), window.findChildren(Changing)
    page = page_of(window)
    assert page.backup is not None
    section = keys_of(page) if change in OF_KEYS else page.backup

    def work() -> None:
        while not vault.database.broke_off:
            threading.Event().wait(0.01)
        vault.database.check_given_up()

    full = DiskFullError("vault.disk_full", folder=vault.files.folder)
    monkeypatch.setattr(window.exchange, "leave", raising(full))
    changing.begin(change, work, print)
    window.close()
    assert window.isVisible()

    wait_until_nothing_goes_on(qtbot, window)
    assert section.notice.text == sentence(said)
    page.accept()
