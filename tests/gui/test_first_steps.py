"""What a person answers before the first conversation, with the real window and a real keyring."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.app import running_window
from desktop_app.paths import Paths
from desktop_app.settings import AgeBand, Settings, read, write
from desktop_app.vault.envelope import SlotKind
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import open_with_passphrase, slots
from desktop_app.views.choices import Choices
from desktop_app.views.key_step import KeyStep, Way
from desktop_app.views.questions import AgeStep, LanguageStep, NoticeStep, RegionStep
from desktop_app.views.window import MainWindow
from resources.file_lock import FileLock
from resources.messages import LANGUAGES, Language, catalogue, sentence
from tests.gui.test_accessibility import ROLE_OF_NOTHING, accessible, name, tree
from tests.support.gate_fixtures import (
    WAIT_MS,
    StartWindow,
    focus,
    press,
    steps_of,
    wait_for_conversation,
    wait_for_sentence,
)
from tests.support.small_disk import ONLY_ROOT, fill, make_read_only
from tests.support.window_run import type_text

pytestmark = pytest.mark.gui

SECRET = "今晚月亮真的很圆"
ANOTHER = "今晚月亮真的很方"
STEPS = [LanguageStep, NoticeStep, AgeStep, RegionStep, KeyStep]


def go_on(qtbot: QtBot, window: MainWindow) -> None:
    """Click the button that leaves the step, answering what has no answer of its own."""
    page = steps_of(window)
    if isinstance(page.step, AgeStep):
        page.step.choices.choose(AgeBand.UNSAID)
    qtbot.mouseClick(page.main, Qt.MouseButton.LeftButton)


def key_step(qtbot: QtBot, window: MainWindow) -> KeyStep:
    """Go on to the last step and wait for what the keyring says."""
    while not isinstance(steps_of(window).step, KeyStep):
        go_on(qtbot, window)
    step = steps_of(window).step
    assert isinstance(step, KeyStep)
    qtbot.waitUntil(step.probing.isHidden, timeout=WAIT_MS)
    return step


def progress(window: MainWindow) -> str:
    return steps_of(window)._progress.text()


def everything_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@pytest.mark.usefixtures("no_keyring")
def test_a_keyboard_alone_leads_from_the_first_step_to_the_first_word(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    met = []

    def met_step() -> None:
        met.append((type(steps_of(window).step), progress(window)))

    met_step()
    press(qtbot, Qt.Key.Key_Return)  # the language in force
    met_step()
    press(qtbot, Qt.Key.Key_Return)  # understood
    met_step()
    press(qtbot, Qt.Key.Key_Down)  # 14 to 17
    press(qtbot, Qt.Key.Key_Down)  # 18 or older
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Return)
    met_step()
    press(qtbot, Qt.Key.Key_Return)  # the locale's region
    met_step()
    key = steps_of(window).step
    assert isinstance(key, KeyStep)
    qtbot.waitUntil(lambda: focus() is key.first.line, timeout=WAIT_MS)
    type_text(focus(), SECRET)
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is key.second.line
    type_text(focus(), SECRET)
    press(qtbot, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)

    assert met == [(step, f"{at} / 5") for at, step in enumerate(STEPS, 1)]
    assert focus() is window.middle.composer.field
    kept, problem = read(paths.settings)
    assert problem is None
    assert replace(kept, last_day=None) == Settings(
        language="zh", age=AgeBand.ADULT, region="CN", notice_confirmed=True
    )
    assert slots(paths.vault) == {SlotKind.PASSPHRASE}


@pytest.mark.usefixtures("no_keyring", "closed")
def test_after_a_week_away_the_notice_is_read_again(start: StartWindow, paths: Paths) -> None:
    answers = Settings(language="zh", age=AgeBand.ADULT, region="CN", notice_confirmed=True)
    write(paths.settings, replace(answers, last_day="2020-01-01"))
    window = start()
    assert isinstance(steps_of(window).step, NoticeStep)
    assert progress(window) == "1 / 1"


@pytest.mark.usefixtures("no_keyring", "answered")
def test_what_was_answered_is_not_asked_again(start: StartWindow) -> None:
    window = start()
    assert isinstance(steps_of(window).step, KeyStep)
    assert progress(window) == "1 / 1"
    assert steps_of(window).back.isHidden()


def test_the_window_speaks_the_chosen_language_at_once(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    press(qtbot, Qt.Key.Key_Down)
    assert steps_of(window).main.text() == catalogue("en")["first_steps.go_on"]
    assert window.header.crisis.text() == catalogue("en")["window.crisis_card"]
    press(qtbot, Qt.Key.Key_Up)
    assert steps_of(window).main.text() == catalogue("zh")["first_steps.go_on"]


def test_back_shows_the_answer_that_was_given(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    for _ in range(3):
        go_on(qtbot, window)
    assert isinstance(steps_of(window).step, RegionStep)
    qtbot.mouseClick(steps_of(window).back, Qt.MouseButton.LeftButton)
    step = steps_of(window).step
    assert isinstance(step, AgeStep)
    assert step.choices.current == AgeBand.UNSAID


def test_enter_on_back_goes_back(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    go_on(qtbot, window)
    steps_of(window).back.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert isinstance(steps_of(window).step, LanguageStep)


def test_the_notice_says_that_this_is_a_program_and_where_help_is(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    go_on(qtbot, window)
    shown = [name(each) for each in tree(accessible(steps_of(window).step))]
    assert sentence("first_steps.notice_program") in shown
    assert sentence("first_steps.notice_crisis") in shown
    qtbot.mouseClick(window.header.crisis, Qt.MouseButton.LeftButton)
    assert window.card.isVisible()


def test_age_has_to_be_answered_and_not_saying_is_an_answer(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    go_on(qtbot, window)
    go_on(qtbot, window)
    page, step = steps_of(window), steps_of(window).step
    assert isinstance(step, AgeStep)
    assert not page.main.isEnabled()
    press(qtbot, Qt.Key.Key_Return)
    assert page.step is step
    step.choices.choose(AgeBand.UNSAID)
    press(qtbot, Qt.Key.Key_Return)
    assert page.step is not step
    assert read(paths.settings)[0].age is AgeBand.UNSAID


@pytest.mark.parametrize("band", AgeBand)
def test_the_young_are_asked_to_tell_an_adult(
    start: StartWindow, qtbot: QtBot, band: AgeBand
) -> None:
    window = start()
    go_on(qtbot, window)
    go_on(qtbot, window)
    step = steps_of(window).step
    assert isinstance(step, AgeStep)
    step.choices.choose(band)
    assert step.young.isVisible() == (band in {AgeBand.CHILD, AgeBand.YOUTH})


def test_the_crisis_card_shows_the_region_that_was_chosen(
    start: StartWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_HK.UTF-8")
    window = start()
    for _ in range(3):
        go_on(qtbot, window)
    step = steps_of(window).step
    assert isinstance(step, RegionStep)
    assert step.current == "HK"
    for row in range(step.list.count()):
        if step.list.item(row).text() == sentence("region.GB"):
            step.list.setCurrentRow(row)
    go_on(qtbot, window)
    window.show_card(shown=True)
    assert "116 123" in " ".join(name(each) for each in tree(accessible(window.card)))


@pytest.mark.usefixtures("answered")
def test_a_keyring_that_keeps_what_it_gets_makes_a_passphrase_unnecessary(
    start: StartWindow, secret_service: Keychain, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    step = key_step(qtbot, window)
    assert step.choices.current == Way.KEYRING
    assert not step.first.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)
    assert slots(paths.vault) == {SlotKind.KEYRING}
    assert secret_service.name == "SecretService"


@pytest.mark.usefixtures("answered", "secret_service")
def test_a_passphrase_can_be_chosen_where_there_is_a_keyring(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    step = key_step(qtbot, window)
    press(qtbot, Qt.Key.Key_Down)
    type_text(step.first.line, SECRET)
    type_text(step.second.line, SECRET)
    press(qtbot, Qt.Key.Key_Return)
    wait_for_conversation(qtbot, window)
    assert slots(paths.vault) == {SlotKind.PASSPHRASE}


@pytest.mark.usefixtures("answered", "no_keyring")
def test_without_a_keyring_a_sentence_says_so_and_a_passphrase_is_asked(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    step = key_step(qtbot, window)
    assert steps_of(window).notice.text == sentence("first_steps.key_no_keyring")
    assert step.choices.buttons[Way.KEYRING].isHidden()
    assert step.choices.current == Way.PASSPHRASE
    assert step.first.isVisible()


@pytest.mark.usefixtures("answered", "no_keyring")
@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        ("1234567", "1234567", "passphrase.short"),
        (SECRET, ANOTHER, "passphrase.differs"),
    ],
)
def test_a_passphrase_that_will_not_do_is_one_sentence_and_makes_nothing(
    start: StartWindow, paths: Paths, qtbot: QtBot, first: str, second: str, key: str
) -> None:
    window = start()
    step = key_step(qtbot, window)
    type_text(step.first.line, first)
    type_text(step.second.line, second)
    press(qtbot, Qt.Key.Key_Return)
    assert steps_of(window).notice.text == sentence(key, least=8)
    assert focus() in {step.first.line, step.second.line}
    assert not paths.vault.exists()


@pytest.mark.usefixtures("answered", "no_keyring")
def test_enter_that_ends_the_composing_of_characters_stays_with_the_input_method(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    step = key_step(qtbot, window)
    steps_of(window).notice.clear()
    QApplication.sendEvent(step.first.line, QInputMethodEvent("jin'wan", []))
    qtbot.keyClick(step.first.line, Qt.Key.Key_Return)
    assert steps_of(window).notice.text == ""
    type_text(step.first.line, "今晚")
    qtbot.keyClick(step.first.line, Qt.Key.Key_Return)
    assert steps_of(window).notice.text == sentence("passphrase.short", least=8)


@pytest.mark.usefixtures("answered", "no_keyring")
def test_one_button_shows_both_passphrases(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    step = key_step(qtbot, window)
    line = step.first.line
    assert {line.echoMode(), step.second.line.echoMode()} == {line.EchoMode.Password}
    qtbot.mouseClick(step.first.toggle, Qt.MouseButton.LeftButton)
    assert {line.echoMode(), step.second.line.echoMode()} == {line.EchoMode.Normal}


@pytest.mark.usefixtures("no_keyring")
def test_who_would_rather_talk_at_once_still_reads_the_notice(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    qtbot.mouseClick(steps_of(window).skip, Qt.MouseButton.LeftButton)
    assert isinstance(steps_of(window).step, NoticeStep)
    assert not window.passed
    go_on(qtbot, window)
    wait_for_conversation(qtbot, window)
    assert window.conversation.id is None
    assert not paths.vault.exists()
    settings = read(paths.settings)[0]
    assert settings.notice_confirmed
    assert settings.age is None


@pytest.mark.usefixtures("answered", "no_keyring")
def test_talk_off_the_record_leaves_no_history(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    window = start()
    key_step(qtbot, window)
    qtbot.mouseClick(steps_of(window).skip, Qt.MouseButton.LeftButton)
    wait_for_conversation(qtbot, window)
    assert window.conversation.id is None
    assert not paths.vault.exists()


def test_damaged_settings_are_told_and_asked_again(start: StartWindow, paths: Paths) -> None:
    paths.config.mkdir()
    paths.settings.write_text("{", encoding="utf-8")
    page = steps_of(start())
    assert page.notice.text == sentence(
        "error.settings.damaged", path=paths.settings, aside="settings.damaged.json"
    )
    assert isinstance(page.step, LanguageStep)


@pytest.mark.usefixtures("no_keyring")
def test_which_step_it_is_stands_in_one_place(start: StartWindow, qtbot: QtBot) -> None:
    window = start()
    steps, places = steps_of(window), set()
    for _ in range(2):
        steps.grab()  # what is asked for is laid out
        places.add(steps._progress.geometry().left())
        go_on(qtbot, window)
    assert len(places) == 1


@pytest.mark.usefixtures("no_keyring")
def test_settings_that_cannot_be_written_are_told_and_hold_for_now(
    start: StartWindow, paths: Paths, qtbot: QtBot
) -> None:
    paths.config.write_bytes(b"a file where the folder should be")
    window = start()
    go_on(qtbot, window)
    assert isinstance(steps_of(window).step, NoticeStep)
    assert steps_of(window).notice.text == sentence("error.path.not_writable", folder=paths.config)


@ONLY_ROOT
@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("fault", ["disk_full", "read_only"])
def test_a_disk_that_takes_no_history_is_one_sentence_and_talk_is_possible(
    qapp: QApplication, small_disk: Path, paths: Paths, tiny_model: Path, qtbot: QtBot, fault: str
) -> None:
    paths = replace(paths, data=small_disk)
    if fault == "disk_full":
        fill(small_disk)
    else:
        make_read_only(small_disk)
    with running_window(qapp, str(tiny_model), paths) as window:
        window.show()
        step = key_step(qtbot, window)
        steps_of(window).notice.clear()
        type_text(step.first.line, SECRET)
        type_text(step.second.line, SECRET)
        steps_of(window).main.click()
        said = wait_for_sentence(qtbot, steps_of(window))
        assert said in {
            sentence("error.vault.disk_full", folder=small_disk / "vault"),
            sentence("error.path.not_writable", folder=small_disk),
        }
        assert everything_below(small_disk) <= {"filler", "vault.lock"}
        steps_of(window).skip.click()
        wait_for_conversation(qtbot, window)


@pytest.mark.usefixtures("answered", "silent_keyring")
def test_a_keyring_that_does_not_answer_keeps_nobody_waiting(
    qapp: QApplication, paths: Paths, tiny_model: Path, qtbot: QtBot
) -> None:
    with running_window(qapp, str(tiny_model), paths) as window:
        window.show()
        step = steps_of(window).step
        assert isinstance(step, KeyStep)
        step.choices.choose(Way.PASSPHRASE)
        assert step.probing.isVisible()
        type_text(step.first.line, SECRET)
        type_text(step.second.line, SECRET)
        steps_of(window).main.click()
        wait_for_conversation(qtbot, window)
    assert "task" in {thread.name for thread in threading.enumerate()}  # it waits alone
    open_with_passphrase(paths.vault, SECRET).close()


@pytest.mark.usefixtures("no_keyring")
def test_closing_while_the_history_is_made_leaves_it_whole_or_not_at_all(
    qapp: QApplication, paths: Paths, tiny_model: Path, qtbot: QtBot
) -> None:
    with running_window(qapp, str(tiny_model), paths) as window:
        window.show()
        step = key_step(qtbot, window)
        type_text(step.first.line, SECRET)
        type_text(step.second.line, SECRET)
        steps_of(window).main.click()
    FileLock(VaultFiles(paths.vault).lock).release()
    assert "vault.creating" not in everything_below(paths.data)
    if paths.vault.exists():
        open_with_passphrase(paths.vault, SECRET).close()


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_takes_focus_has_a_name_on_every_step(
    start: StartWindow, qtbot: QtBot, language: Language
) -> None:
    window = start()
    window.choose_language(language)
    for kind in STEPS:
        page = steps_of(window)
        assert isinstance(page.step, kind)
        if isinstance(page.step, KeyStep):
            key_step(qtbot, window)
        found = [
            each
            for each in tree(accessible(page))
            if each.state().focusable and not each.state().invisible
        ]
        assert found
        assert [str(each.role()) for each in found if not name(each).strip()] == []
        assert [name(each) for each in found if each.role() in ROLE_OF_NOTHING] == []
        if not isinstance(page.step, KeyStep):
            go_on(qtbot, window)


def test_a_step_is_spoken_in_the_language_chosen_meanwhile(
    start: StartWindow, qtbot: QtBot
) -> None:
    window = start()
    go_on(qtbot, window)
    go_on(qtbot, window)
    choices = steps_of(window).step.findChild(Choices)
    assert isinstance(choices, Choices)
    window.choose_language("en")
    texts = [button.text() for button in choices.buttons.values()]
    assert texts == [catalogue("en")[f"first_steps.age_{band}"] for band in AgeBand]


def test_before_the_first_conversation_the_line_above_speaks_of_none(start: StartWindow) -> None:
    window = start()
    assert window.header.status == sentence("window.at_gate")


def test_who_chooses_english_hears_that_the_model_replies_in_chinese() -> None:
    assert "Chinese" in sentence("first_steps.language_means", lang="en")
