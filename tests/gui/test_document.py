"""How a message's text becomes a document."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextDocument

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.document import document
from desktop_app.views.message import Message

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("qapp")]


def made(text: str, role: Role = Role.ASSISTANT, width: float = 500) -> QTextDocument:
    return document(Message(role, text), theme.font(theme.BODY_PX, 1.0), width)


def bold_text(doc: QTextDocument) -> str:
    found, block = "", doc.begin()
    while block.isValid():
        for piece in block:
            fragment = piece.fragment()
            found += fragment.text() if fragment.charFormat().font().bold() else ""
        block = block.next()
    return found


def test_a_reply_may_be_markdown() -> None:
    doc = made("先**停一停**。\n\n1. 喝水\n2. 出门")
    assert bold_text(doc) == "停一停"
    assert doc.toPlainText() == "先停一停。\n喝水\n出门"


def test_what_a_person_writes_stays_as_written() -> None:
    assert made("**不要** # 1. ~", Role.USER).toPlainText() == "**不要** # 1. ~"


def test_a_line_break_in_a_reply_breaks_the_line() -> None:
    assert made("第一行\n第二行").toPlainText() == "第一行\n第二行"


def test_a_tilde_is_a_tone_of_voice() -> None:
    assert made("好的~慢慢来~").toPlainText() == "好的~慢慢来~"


def test_html_in_a_reply_is_text() -> None:
    assert made("<b>x</b><img src='/etc/hostname'>").toPlainText().startswith("<b>x</b><img")


def test_a_reply_loads_no_image() -> None:
    text = made("![图](/etc/hostname)").toPlainText()
    assert "\ufffc" not in text
    assert "图" in text


def test_a_short_message_is_no_wider_than_its_text() -> None:
    assert made("好").size().width() < 2 * theme.BODY_PX + 4


def test_a_long_message_keeps_to_the_width() -> None:
    assert made("长" * 300, width=400).size().width() <= 400


def test_a_reply_that_has_not_begun_shows_that_it_will() -> None:
    assert made("").toPlainText() == "…"


@pytest.mark.parametrize("unclosed", ["**", "`", "1. ", "# ", "- ", "> ", "[", "![", "&"])
def test_half_written_markdown_is_shown(unclosed: str) -> None:
    assert "说" in made("说" + unclosed + "一").toPlainText()
