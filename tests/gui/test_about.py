"""What the program says about itself, and what it does in danger, read without the internet."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop_app.views.about import About, crisis_protocol
from desktop_app.views.window import MainWindow
from resources.messages import LANGUAGES, Language, choose_language, sentence
from tests.gui.conftest import OpenWindow
from tests.support.gate_fixtures import StartWindow
from tests.support.locking import lock
from tests.support.source_tree import ROOT

pytestmark = pytest.mark.gui


def about(window: MainWindow) -> About:
    window.header.settings.actions_by_key()["settings.about"].trigger()
    page = window.findChild(About)
    assert isinstance(page, About)
    return page


def said(page: About) -> str:
    labels = page.findChildren(QLabel)
    return "\n".join(label.accessibleName() or label.text() for label in labels)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_it_is_its_version_and_both_licences(
    open_window: OpenWindow, tiny_model: Path, language: Language
) -> None:
    window = open_window(tiny_model)
    window.choose_language(language)
    text = said(about(window))
    assert sentence("about.program") in text
    assert metadata.version("soulchat-desktop") in text
    assert "Apache-2.0" in text
    assert "CC-BY-4.0 AND CC0-1.0" in text
    assert sentence("about.other_model") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_protocol_is_read_inside_and_follows_the_language(
    open_window: OpenWindow, tiny_model: Path, language: Language
) -> None:
    page = about(open_window(tiny_model))
    page.parent().choose_language(language)
    shown = page.protocol.toPlainText()
    for heading in re.findall(r"^#+ (.*)$", crisis_protocol(), re.MULTILINE):
        assert heading in shown
    assert page.protocol.verticalScrollBar().value() == 0


@pytest.mark.usefixtures("answered", "no_keyring")
def test_it_opens_before_anything_is_unlocked(start: StartWindow, closed: Path) -> None:
    assert closed.exists()
    page = about(start())
    assert page.isVisible()
    assert sentence("about.other_model") in said(page)


@pytest.mark.usefixtures("answered", "no_keyring")
def test_locking_closes_it(opened: StartWindow, qtbot: QtBot) -> None:
    window = opened()
    about(window)
    lock(qtbot, window)
    assert window.findChild(About) is None


def test_both_languages_have_the_same_parts_and_nothing_that_would_be_fetched() -> None:
    parts = []
    for language in LANGUAGES:
        choose_language(language)
        text = crisis_protocol()
        parts.append([line.partition(" ")[0] for line in text.splitlines() if line[:1] in "#|"])
        assert "](" not in text
        assert "<" not in text
    assert parts[0] == parts[1]


def test_the_documentation_leads_to_the_same_text() -> None:
    page = (ROOT / "docs" / "crisis-protocol.md").read_text(encoding="utf-8")
    for language in LANGUAGES:
        assert f"../resources/crisis_protocol/{language}.md" in page
        assert (ROOT / "resources" / "crisis_protocol" / f"{language}.md").is_file()
