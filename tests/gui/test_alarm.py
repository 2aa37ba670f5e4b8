"""Danger in what a person writes: the card comes by itself, and the talk goes on."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_app.care.guard.fixed_replies import fixed_replies
from desktop_app.care.safety_plan import Contact, SafetyPlan
from desktop_app.conversation.follow_up import left_in_danger, note_asked
from desktop_app.dialogue import Role, Turn, TurnState
from desktop_app.paths import Paths
from desktop_app.settings import AgeBand, Settings, write
from desktop_app.vault.errors import BusyVaultError
from desktop_app.vault.vault import Vault
from desktop_app.views.asking_after import AskingAfter
from desktop_app.views.versions import Versions
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.held_commits import PATIENCE_S
from tests.support.programs import Programs, programs
from tests.support.window_run import (
    WAIT_MS,
    last,
    rows,
    send,
    type_text,
    wait_for_end,
    wait_for_model,
    wait_for_words,
)

__all__ = ["programs"]

pytestmark = pytest.mark.gui

GRAVE = "我想自杀"
EMERGENCY = "我刚刚吞了一整瓶安眠药"
TOO_LONG = "长" * 100_000
NARROW = 760
"""Pixels: the card that comes takes the conversation's place."""
WORDS = {words for each in fixed_replies() for words in each.text.values()}


def test_the_card_stands_beside_the_conversation_and_the_talk_goes_on(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, GRAVE)
    wait_for_end(qtbot, window)
    assert window.card.isVisible()
    assert window.middle.isVisible()
    assert last(window).text in WORDS
    assert window.middle.composer.field.hasFocus()
    (session,) = vault.sessions.kept()
    assert vault.sessions.turns(session.id)[-1].state is TurnState.COMPLETE
    wait_for_model(qtbot, window)
    for answer in ("想好了", "今晚", "别劝我了"):  # an answer is not handed to the model
        send(qtbot, window, answer)
        wait_for_end(qtbot, window)
        assert last(window).text in WORDS
    said = [each.text for each in rows(window) if each.role is Role.ASSISTANT]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    "text",
    [GRAVE + TOO_LONG, TOO_LONG + GRAVE, TOO_LONG + GRAVE + "\n" * 5000],
    ids=["at its beginning", "at its end", "before empty lines"],
)
def test_the_card_comes_whatever_is_wrong_with_the_message(
    open_window: OpenWindow, tiny_model: Path, text: str
) -> None:
    window = open_window(tiny_model)

    window.send(text)

    assert window.card.isVisible()
    assert window.middle.notice.text == sentence(
        "error.message.too_long", characters=len(TOO_LONG + GRAVE)
    )


def test_the_card_comes_where_the_message_cannot_be_kept(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(tiny_model)

    def fails(*_: object) -> None:
        raise BusyVaultError("vault.busy")

    monkeypatch.setattr(vault.sessions, "add", fails)
    window.send(GRAVE)

    assert window.card.isVisible()
    assert rows(window) == []


def test_the_card_comes_for_a_message_that_is_said_otherwise(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, "今天很累"))
    window = open_window(tiny_model)

    versions_of(window).say_otherwise(window.conversation, 0, GRAVE)

    assert window.card.isVisible()
    wait_for_end(qtbot, window)


def test_what_a_message_said_otherwise_replaces_is_no_longer_heard_with_it(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    asked = next(each for each in fixed_replies() if each.asks == "danger").text["zh"]
    for text, reply in (("今天很累", "嗯。"), (GRAVE, asked)):
        vault.sessions.add("a", Turn(Role.USER, text))
        vault.sessions.add("a", Turn(Role.ASSISTANT, reply))
    window = open_window(tiny_model)

    versions_of(window).say_otherwise(window.conversation, 0, "嗯")  # no yes to what was asked

    assert window.card.isHidden()
    wait_for_end(qtbot, window)


def test_an_emergency_said_otherwise_brings_no_second_card(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    vault.sessions.add("a", Turn(Role.USER, EMERGENCY))
    window = open_window(tiny_model)
    window.exchange.heed(window.conversation)
    assert window.card.isVisible()
    window.show_card(shown=False)

    versions_of(window).say_otherwise(window.conversation, 0, "今天中午吃了什么好呢")

    assert window.card.isHidden()
    wait_for_end(qtbot, window)


def versions_of(window: MainWindow) -> Versions:
    versions = window.middle.transcript.findChild(Versions)
    assert versions is not None
    return versions


def test_who_denies_danger_gets_back_to_the_talk_with_the_model(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    wait_for_model(qtbot, window)
    for message in ("我活着没什么意思", "没有，就是累"):
        send(qtbot, window, message)
        wait_for_end(qtbot, window)
        assert last(window).text in WORDS
    send(qtbot, window, "今天中午吃了什么好呢，我想做番茄炒蛋")
    wait_for_end(qtbot, window)
    assert last(window).text == "你"


def test_danger_in_another_conversation_does_not_wait_for_the_one_being_answered(
    open_window: OpenWindow, endless_model: Path, qtbot: QtBot
) -> None:
    window = open_window(endless_model)
    wait_for_model(qtbot, window)
    send(qtbot, window, "您")
    wait_for_words(qtbot, window)
    window.begin_conversation()
    send(qtbot, window, GRAVE)
    assert last(window).text in WORDS
    assert window.exchange.current not in {None, window.conversation}
    window.exchange.stop()
    wait_for_end(qtbot, window)


def test_without_any_model_a_person_in_danger_is_answered(
    open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(tmp_path / "none.gguf")
    send(qtbot, window, GRAVE)
    assert window.card.isVisible()
    assert last(window).text in WORDS


def test_a_card_that_was_closed_does_not_come_again_for_the_same(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, GRAVE)
    wait_for_end(qtbot, window)
    window.show_card(shown=False)
    send(qtbot, window, GRAVE)
    wait_for_end(qtbot, window)
    assert window.card.isHidden()
    assert len({each.text for each in rows(window) if each.role is Role.ASSISTANT}) == 2


def test_who_writes_that_they_are_fifteen_has_lines_for_the_young(
    open_window: OpenWindow, tmp_path: Path, paths: Paths, qtbot: QtBot
) -> None:
    write(paths.settings, Settings(language="zh", age=AgeBand.ADULT, region="AU"))
    window = open_window(tmp_path / "none.gguf")
    window.show_card(shown=True)
    before = [label.accessibleName() for label in window.card.findChildren(QLabel, "cardRow")]
    send(qtbot, window, "我15岁，爸爸每天打我")
    window.show_card(shown=True)
    rows_now = [label.accessibleName() for label in window.card.findChildren(QLabel, "cardRow")]
    assert rows_now != before
    assert any("1800 55 1800" in row for row in rows_now[:5])


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_written_beforehand_say_so_also_when_the_history_is_opened_again(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, language: Language
) -> None:
    for reply in (fixed_replies()[0].text["zh"], "嗯。"):
        vault.sessions.add("before", Turn(Role.USER, "睡不着"))
        vault.sessions.add("before", Turn(Role.ASSISTANT, reply))
    window = open_window(tiny_model)
    window.choose_language(language)
    row = window.sessions.row_of_session("before")
    assert row is not None
    window.show_conversation(row)
    quiet = sentence("provenance.guidance", lang=language)
    assert [each.note for each in rows(window)] == ["", quiet, "", ""]
    assert rows(window)[1].spoken().endswith(quiet)


def test_a_narrow_window_shows_all_of_that_line(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.choose_language("en")
    window.resize(window.minimumSize())
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    send(qtbot, window, GRAVE)
    wait_for_end(qtbot, window)
    window.show_card(shown=False)
    transcript = window.middle.transcript
    bubble = transcript._bubble(1)
    assert bubble.note.right() <= transcript.viewport().width()
    assert bubble.height >= bubble.note.bottom()


def test_an_everyday_message_brings_no_card(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    send(qtbot, window, "今天加班好累，笑死我了。")
    wait_for_end(qtbot, window)
    assert window.card.isHidden()
    assert last(window).text == "你"


def spoken_yesterday(vault: Vault, *texts: str) -> None:
    vault.sessions._clock = lambda: time.time() - 24 * 3600
    for text in texts:
        vault.sessions.add("before", Turn(Role.USER, text))
        vault.sessions.add("before", Turn(Role.ASSISTANT, "嗯。"))
    vault.sessions._clock = time.time


def settles(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until it is known whether there is somebody to ask after."""
    qtbot.waitUntil(lambda: window.middle.findChild(AskingAfter) is None, timeout=WAIT_MS)


def test_the_next_opening_asks_gently_after_the_person(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    spoken_yesterday(vault, GRAVE)
    window = open_window(tiny_model)
    settles(qtbot, window)
    assert window.middle.notice.text == sentence("window.follow_up")
    window.middle.notice.findChild(QPushButton).click()
    assert window.card.isVisible()


def test_asking_after_a_person_says_no_error_again_and_takes_no_undo_away(
    open_window: OpenWindow,
    tiny_model: Path,
    vault: Vault,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoken_yesterday(vault, GRAVE)
    vault.notices = (BusyVaultError("vault.busy"),)
    may_look = threading.Event()

    def looked(*there: Any) -> int | None:
        assert may_look.wait(PATIENCE_S)
        return left_in_danger(*there)

    monkeypatch.setattr("desktop_app.views.asking_after.left_in_danger", looked)
    window = open_window(tiny_model)
    assert window.middle.notice.text == sentence("error.vault.busy")
    window.begin_conversation()
    type_text(window.middle.composer.field, "写了一半")
    window.deleting.delete(0)
    assert window.middle.notice.text == sentence("window.deleted")
    may_look.set()
    settles(qtbot, window)
    assert window.middle.notice.text == sentence("window.follow_up")
    undo, card = (window.middle.notice.button(f"window.{key}") for key in ("undo", "crisis_card"))
    assert undo is not None
    assert card is not None
    undo.click()
    assert window.middle.composer.text == "写了一半"


def test_who_spoke_of_other_things_since_is_not_asked(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    spoken_yesterday(vault, GRAVE, "好多了", "今天去散步了", "晚饭很好吃", "明天见")
    window = open_window(tiny_model)
    settles(qtbot, window)
    assert window.middle.notice.text == ""


def test_who_answered_the_questions_asked_then_is_asked_after(
    open_window: OpenWindow, tiny_model: Path, vault: Vault, qtbot: QtBot
) -> None:
    asked = [each.text["zh"] for each in fixed_replies() if each.on == "high"]
    vault.sessions._clock = lambda: time.time() - 24 * 3600
    for text, reply in zip((GRAVE, "嗯", "是的", "不知道", "好的", "嗯嗯"), asked, strict=False):
        vault.sessions.add("before", Turn(Role.USER, text))
        vault.sessions.add("before", Turn(Role.ASSISTANT, reply))
    vault.sessions._clock = time.time
    window = open_window(tiny_model)
    settles(qtbot, window)
    assert window.middle.notice.text == sentence("window.follow_up")


def test_after_one_talk_a_person_is_asked_once(vault: Vault) -> None:
    spoken_yesterday(vault, GRAVE)
    turn = left_in_danger(vault.sessions, vault.documents)
    assert turn is not None
    note_asked(vault.documents, turn)
    assert left_in_danger(vault.sessions, vault.documents) is None
    vault.sessions._clock = lambda: time.time() - 12 * 3600
    vault.sessions.add("before", Turn(Role.USER, GRAVE))
    assert left_in_danger(vault.sessions, vault.documents) not in {None, turn}


def type_on(qtbot: QtBot, window: MainWindow, text: str) -> None:
    """Press the keys of `text`, wherever the keyboard is meanwhile."""
    handle = window.windowHandle()
    for character in text:
        qtbot.keyClick(handle, character)


@pytest.mark.parametrize("way", ["alarm", "narrower", "larger text"])
def test_who_types_on_presses_nothing_on_a_card_that_takes_the_conversations_place(
    open_window: OpenWindow, tiny_model: Path, programs: Programs, qtbot: QtBot, way: str
) -> None:
    window = open_window(tiny_model)
    people = (Contact(name="妹妹", number="138 0000 1234"),)
    window.care.plan.write(SafetyPlan(people=people))
    window.card.write_again()
    window.resize(1120 if way != "alarm" else NARROW, 700)
    if way == "larger text":
        window.resize(900, 700)
    QApplication.processEvents()
    assert window.middle.composer.field.hasFocus()
    send(qtbot, window, GRAVE)
    if way == "narrower":
        window.resize(NARROW, 700)
    while way == "larger text" and window.room.isVisible():
        qtbot.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()
    assert not window.room.isVisible()

    type_on(qtbot, window, "please help me now ")

    window._appearance.zoom(0)
    assert programs.opened == []
    assert window.card.isVisible()
    assert QApplication.focusWidget() is window.card.first_number()
    assert window.middle.composer.text == ""
    wait_for_end(qtbot, window)
    assert QApplication.focusWidget() is window.card.first_number()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.middle.composer.field.hasFocus()
    assert window.middle.composer.isVisible()


def test_a_conversation_begun_behind_the_card_is_to_be_seen(
    open_window: OpenWindow, tiny_model: Path, qtbot: QtBot
) -> None:
    window = open_window(tiny_model)
    window.resize(NARROW, 700)
    QApplication.processEvents()
    send(qtbot, window, GRAVE)
    wait_for_end(qtbot, window)
    assert not window.room.isVisible()

    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)

    assert window.card.isHidden()
    assert window.middle.composer.isVisible()
    assert window.middle.composer.field.hasFocus()
    assert window.conversation.empty
