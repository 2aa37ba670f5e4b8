"""The safety plan: written while the history is open, seen while locked only if that was chosen."""

from __future__ import annotations

import gc
import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.care.safety_plan import STEPS, Contact, SafetyPlan
from desktop_app.paths import Paths
from desktop_app.vault.vault import Vault, open_with_passphrase
from desktop_app.views.first_steps import FirstSteps
from desktop_app.views.plan_page import PlanPage
from desktop_app.views.plan_reading import PlanReading
from desktop_app.views.privacy import Privacy
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    gate_of,
    press,
    unlock_page_of,
    wait_for_conversation,
)
from tests.support.locking import enter, lock, unlock
from tests.support.small_disk import ONLY_ROOT, fill
from tests.support.vault_disk import traces
from tests.support.vault_fixtures import PASSPHRASE
from tests.support.what_is_left import holders, unwritten
from tests.support.window_run import type_text

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("answered", "no_keyring")]

WORDS = unwritten("天花板上的裂缝", "又出现了")
NAME, NUMBER = unwritten("借我雨伞的", "老陶"), unwritten("1380000", "1234")


@pytest.fixture
def window(start: StartWindow, closed: Path, qtbot: QtBot) -> MainWindow:
    """The history is open."""
    assert closed.exists()
    window = start()
    unlock(qtbot, window)
    return window


def page_of(window: MainWindow) -> PlanPage:
    page = window.care.page
    assert isinstance(page, PlanPage)
    assert page.isVisible()
    return page


def open_page(window: MainWindow) -> PlanPage:
    window.header.settings.actions_by_key()["settings.plan"].trigger()
    return page_of(window)


def write_words(window: MainWindow) -> PlanPage:
    """Write a warning sign and whom to ask, as a person does."""
    page = open_page(window)
    type_text(page.texts["signs"], WORDS)
    name, number, _ = page.contacts["people"].rows[0]
    type_text(name, NAME)
    type_text(number, NUMBER)
    return page


def choose_readable(page: PlanPage) -> None:
    """Tick the box, and say yes to what it exposes."""
    page.choice.box.click()
    yes, _ = page.choice.notice.findChildren(QPushButton)
    yes.click()


def shown(widget: QWidget) -> str:
    labels = widget.findChildren(QLabel)
    return "\n".join(label.accessibleName() for label in labels if label.isVisibleTo(widget))


def test_what_is_written_is_there_after_locking_and_unlocking(
    window: MainWindow, qtbot: QtBot
) -> None:
    write_words(window)
    lock(qtbot, window)
    unlock(qtbot, window)
    page = open_page(window)
    assert page.texts["signs"].toPlainText() == WORDS
    assert page.contacts["people"].written()[0] == (NAME, NUMBER, "")


def test_locking_leaves_nothing_of_it_in_the_window(window: MainWindow, qtbot: QtBot) -> None:
    write_words(window)
    window.show_card(shown=True)
    qtbot.waitUntil(lambda: WORDS in shown(window.card))
    lock(qtbot, window)
    assert window.card.isVisible()
    assert WORDS not in shown(window.card)
    gc.collect()
    assert [holders(text) for text in (WORDS, NAME, NUMBER)] == [[], [], []]


def test_it_is_kept_when_the_keyboard_leaves_a_field(window: MainWindow, qtbot: QtBot) -> None:
    page = open_page(window)
    assert focus() is page.texts["signs"]
    type_text(page.texts["signs"], WORDS)
    press(qtbot, Qt.Key.Key_Tab)
    assert focus() is page.texts["alone"]
    assert window.care.plan.read() == SafetyPlan(signs=WORDS)


def test_enter_in_a_line_goes_on_and_ends_nothing(window: MainWindow, qtbot: QtBot) -> None:
    page = open_page(window)
    name, number, _ = page.contacts["people"].rows[0]
    name.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is number
    page_of(window)


def test_a_row_can_be_added_for_one_more(window: MainWindow) -> None:
    page = open_page(window)
    rows = page.contacts["professionals"]
    before = len(rows.rows)
    rows.add.click()
    assert focus() is rows.rows[before][0]
    type_text(rows.rows[before][0], NAME)
    page.main.click()
    assert window.care.plan.read() == SafetyPlan(professionals=(Contact(NAME),))


def test_leaving_the_page_goes_back_to_the_conversation(window: MainWindow, qtbot: QtBot) -> None:
    write_words(window)
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert window.care.page is None
    assert focus() is window.middle.composer.field
    assert window.care.plan.read() == SafetyPlan(signs=WORDS, people=(Contact(NAME, NUMBER),))


def test_the_card_shows_it_and_leads_to_it_while_open(window: MainWindow) -> None:
    write_words(window).main.click()
    window.show_card(shown=True)
    assert WORDS in shown(window.card)
    button = window.card.findChild(QPushButton, "planButton")
    assert isinstance(button, QPushButton)
    button.click()
    page_of(window)


def test_without_a_history_it_says_what_it_needs(
    start: StartWindow, closed: Path, qtbot: QtBot
) -> None:
    assert closed.exists()
    window = start()
    asking = unlock_page_of(window)
    qtbot.waitUntil(asking.field.isVisible, timeout=WAIT_MS)
    asking.skip.click()
    wait_for_conversation(qtbot, window)
    window.header.settings.actions_by_key()["settings.plan"].trigger()
    page = window.care.page
    assert isinstance(page, PlanReading)
    assert sentence("plan.needs_history") in shown(page)
    page.main.click()
    assert focus() is window.middle.composer.field


def test_while_locked_it_is_not_in_reach_unless_that_was_chosen(
    window: MainWindow, qtbot: QtBot
) -> None:
    write_words(window)
    lock(qtbot, window)
    assert unlock_page_of(window).plan.isHidden()
    assert window.card.findChild(QPushButton, "planButton") is None
    window.header.settings.actions_by_key()["settings.plan"].trigger()
    page = window.care.page
    assert isinstance(page, PlanReading)
    assert WORDS not in shown(page)
    assert sentence("plan.needs_history") in shown(page)


def test_ticking_the_box_says_what_that_exposes_before_anything_is_written(
    window: MainWindow, paths: Paths, qtbot: QtBot
) -> None:
    page = write_words(window)
    file = paths.data / "safety-plan.json"
    page.choice.box.click()
    assert page.choice.notice.text == sentence("plan.readable_exposes", path=file)
    qtbot.waitUntil(lambda: not page.choice.notice.visibleRegion().isEmpty())
    assert not page.choice.box.isChecked()
    assert not file.exists()
    _, no = page.choice.notice.findChildren(QPushButton)
    no.click()
    assert page.choice.notice.text == ""
    assert not file.exists()


def test_chosen_it_is_shown_while_locked_by_page_and_card(window: MainWindow, qtbot: QtBot) -> None:
    page = write_words(window)
    choose_readable(page)
    assert page.choice.box.isChecked()
    lock(qtbot, window)
    unlock_page_of(window).plan.click()
    reading = window.care.page
    assert isinstance(reading, PlanReading)
    assert WORDS in shown(reading)
    assert f"{NAME}  {NUMBER}" in shown(reading)
    assert not reading.findChildren(PlanPage)
    reading.main.click()
    assert focus() is unlock_page_of(window).field.line
    window.show_card(shown=True)
    assert WORDS in shown(window.card)
    assert window.card.findChild(QPushButton, "planButton") is None


def test_its_words_are_in_no_file_and_with_the_choice_in_exactly_one(
    window: MainWindow, paths: Paths, qtbot: QtBot
) -> None:
    page = write_words(window)
    press(qtbot, Qt.Key.Key_Tab)
    base = paths.data.parent
    everything = (WORDS, NAME, NUMBER)
    assert [traces(base, text) for text in everything] == [[], [], []]
    choose_readable(page)
    for text in everything:
        assert {name for name, _ in traces(base, text)} == {"safety-plan.json"}
    page.texts["signs"].setPlainText("别的")
    page.main.click()
    assert traces(base, WORDS) == []
    open_page(window).choice.box.click()
    assert [traces(base, text) for text in everything] == [[], [], []]
    lock(qtbot, window)
    assert [traces(base, text) for text in everything] == [[], [], []]
    assert unlock_page_of(window).plan.isHidden()


def test_a_change_of_another_program_comes_to_the_copy_when_it_opens(
    start: StartWindow, closed: Path, paths: Paths, qtbot: QtBot
) -> None:
    with open_with_passphrase(closed, PASSPHRASE) as vault:
        vault.documents.write("safety_plan", SafetyPlan(signs=WORDS).as_json())
    (paths.data / "safety-plan.json").write_text("{}", encoding="utf-8")
    window = start()
    unlock(qtbot, window)
    assert WORDS in (paths.data / "safety-plan.json").read_text(encoding="utf-8")


def test_a_restored_plan_takes_the_place_of_the_one_on_the_page(
    open_window: OpenWindow, tiny_model: Path, vault: Vault
) -> None:
    window = open_window(tiny_model)
    page = open_page(window)
    type_text(page.texts["signs"], WORDS)
    page.keep()
    vault.documents.write("safety_plan", SafetyPlan(signs="从备份来的").as_json())
    window.care.settle()
    assert page_of(window).texts["signs"].toPlainText() == "从备份来的"
    page_of(window).main.click()
    assert window.care.plan.read() == SafetyPlan(signs="从备份来的")


def test_erasing_the_history_erases_it(window: MainWindow, paths: Paths, qtbot: QtBot) -> None:
    choose_readable(write_words(window))
    window.header.settings.actions_by_key()["settings.privacy"].trigger()
    dialog = window.findChild(Privacy)
    assert isinstance(dialog, Privacy)
    assert dialog.keys is not None
    dialog.keys.erase_wanted.emit()
    qtbot.waitUntil(
        lambda: isinstance(gate_of(window).currentWidget(), FirstSteps), timeout=WAIT_MS
    )
    assert not (paths.data / "safety-plan.json").exists()
    assert window.care.shown_on_card() is None


@ONLY_ROOT
def test_a_full_disk_is_said_in_place_and_nothing_written_is_lost(
    open_window: OpenWindow, tiny_model: Path, small_disk: Path, made: tuple[Path, bytes]
) -> None:
    folder = Path(shutil.copytree(made[0], small_disk / "vault"))
    with open_with_passphrase(folder, PASSPHRASE) as vault:
        window = open_window(tiny_model, history=vault)
        filler = fill(small_disk)
        page = open_page(window)
        page.texts["signs"].setPlainText("话" * 9000)
        page.main.click()
        assert page.notice.text == sentence("error.vault.disk_full", folder=folder)
        window.care.leave()
        assert window.middle.notice.text == sentence("error.vault.disk_full", folder=folder)
        filler.unlink()
        page = open_page(window)
        assert page.texts["signs"].toPlainText() == "话" * 9000
        page.main.click()
        assert window.care.plan.read() == SafetyPlan(signs="话" * 9000)


@ONLY_ROOT
def test_what_a_full_disk_refuses_when_it_locks_is_said_and_comes_back(
    start: StartWindow, made: tuple[Path, bytes], paths: Paths, qtbot: QtBot
) -> None:
    paths.data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", paths.data], check=True)
    try:
        shutil.copytree(made[0], paths.data / "vault")
        window = start()
        unlock(qtbot, window)
        page = open_page(window)
        filler = fill(paths.data)
        page.texts["signs"].setPlainText("话" * 9000)
        lock(qtbot, window)
        told = unlock_page_of(window).notice.text.splitlines()
        assert sentence("lock.plan_comes_back") in told
        assert sentence("lock.not_all_kept") not in told
        filler.unlink()
        enter(qtbot, window)
        assert window.care.plan.read() == SafetyPlan(signs="话" * 9000)
        window.close()
    finally:
        subprocess.run(["umount", "--lazy", paths.data], check=True)


@ONLY_ROOT
def test_a_copy_that_cannot_be_written_is_one_sentence(
    window: MainWindow, paths: Paths, small_disk: Path
) -> None:
    page = write_words(window)
    window.care._copy = small_disk / "safety-plan.json"
    page._plan.copy = page.choice._plan.copy = window.care._copy
    fill(small_disk)
    choose_readable(page)
    assert not page.choice.box.isChecked()
    reason = sentence("system_error.disk_full")
    expected = sentence("error.care.copy_not_written", path=window.care._copy, reason=reason)
    assert page.choice.notice.text == expected
    assert not (paths.data / "safety-plan.json").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_a_name_in_both_languages(window: MainWindow, language: Language) -> None:
    page = open_page(window)
    page.choice.box.click()
    window.choose_language("en" if language == "zh" else "zh")
    window.choose_language(language)
    assert page.choice.notice.text.startswith({"zh": "先说清楚", "en": "To be clear"}[language])
    names = set()
    for widget in page.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
            interface = QAccessible.queryAccessibleInterface(widget)
            assert interface is not None
            name = interface.text(QAccessible.Text.Name)
            assert name.strip(), widget
            names.add(name)
    assert {sentence(f"plan.{step}") for step in STEPS if step not in page.contacts} <= names
