"""How a message's text becomes a document."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QTextBlock, QTextDocument, QTextFormat, QTextOption, QTextTable

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.appearance import Look
from desktop_app.views.document import document
from desktop_app.views.message import Message
from desktop_app.views.reply_form import CLOSE_PERCENT, blocks, code_grounds, is_code, quote_bars

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("qapp")]


def made(text: str, role: Role = Role.ASSISTANT, width: float = 500) -> QTextDocument:
    return document(Message(role, text), Look(theme.LIGHT, 1.0), width)


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


def test_a_long_line_of_code_is_broken_where_the_bubble_ends() -> None:
    doc = made("```\n" + "word " * 60 + "x" * 300 + "\n```", width=300)
    assert doc.idealWidth() <= 300
    assert doc.size().width() <= 300


BACKGROUND = QTextFormat.Property.BackgroundBrush.value
CODE = "看：\n\n```\n一\n\n二\n```\n\n好。"
TABLE = "| 时间 | 做什么 |\n|---|---|\n| 早上 | 散步 |"


def block_of(doc: QTextDocument, text: str) -> QTextBlock:
    return next(block for block in blocks(doc) if block.text() == text)


def top_of(doc: QTextDocument, text: str) -> float:
    return doc.documentLayout().blockBoundingRect(block_of(doc, text)).top()


def tables(doc: QTextDocument) -> list[QTextTable]:
    return [each for each in doc.rootFrame().childFrames() if isinstance(each, QTextTable)]


def test_lines_of_code_stand_close_together_on_one_ground() -> None:
    doc = made(CODE)
    height = doc.documentLayout().blockBoundingRect(block_of(doc, "一")).height()
    line = height * CLOSE_PERCENT / 100  # the empty one between them is as high
    assert top_of(doc, "二") - top_of(doc, "一") == pytest.approx(2 * line)
    (ground,) = code_grounds(doc)
    assert ground.top() < top_of(doc, "一")
    assert top_of(doc, "二") + height / 2 < ground.bottom() < top_of(doc, "好。")
    assert ground.left() >= 0
    assert ground.right() <= doc.size().width()


def test_what_is_between_fences_is_shown_as_it_is_written() -> None:
    assert made("```\na\nb ![x]\n").toPlainText() == "a\nb [x]"
    assert made("```\na\nb\n```\nc\nd").toPlainText() == "a\nb\nc\nd"


def test_code_within_a_line_has_a_ground_in_any_script() -> None:
    doc = made("记在 `睡眠` 里")
    found = {
        piece.fragment().text(): piece.fragment().charFormat().background().color()
        for piece in doc.firstBlock()
        if piece.fragment().charFormat().hasProperty(BACKGROUND)
    }
    assert found == {"睡眠": QColor(theme.LIGHT.side)}


def test_a_quotation_has_a_bar_beside_all_its_lines_and_quieter_letters() -> None:
    doc = made("他说：\n\n> 一\n>\n> 二\n\n好。")
    (bar,) = quote_bars(doc)
    assert bar.top() <= top_of(doc, "一") < top_of(doc, "二") < bar.bottom() < top_of(doc, "好。")
    first = block_of(doc, "一")
    assert 0 <= bar.left() < bar.right() < first.layout().boundingRect().left()
    assert first.charFormat().foreground().color() != QColor(theme.LIGHT.text)
    assert not code_grounds(doc)


def test_a_quotation_within_another_has_a_bar_of_its_own() -> None:
    outer, inner = quote_bars(made("> 一\n>\n> > 二"))
    assert outer.right() < inner.left()
    assert outer.contains(outer.left(), inner.center().y())


def test_the_bar_beside_a_quotation_is_as_long_as_the_ground_of_its_code() -> None:
    doc = made("> ```\n> 一\n> ```")
    (bar,), (ground,) = quote_bars(doc), code_grounds(doc)
    assert (bar.top(), bar.bottom()) == (ground.top(), ground.bottom())
    assert bar.right() < ground.left()


@pytest.mark.parametrize("before", ["", "看：\n\n", CODE.removesuffix("好。"), "- 一\n\n"])
def test_a_table_is_a_table(before: str) -> None:
    (table,) = tables(made(before + TABLE))
    cells = [
        [table.cellAt(row, column).firstCursorPosition().block() for column in range(2)]
        for row in range(2)
    ]
    assert [[cell.text() for cell in row] for row in cells] == [
        ["时间", "做什么"],
        ["早上", "散步"],
    ]
    assert all(cell.begin().fragment().charFormat().font().bold() for cell in cells[0])


def test_a_wide_table_keeps_to_the_width() -> None:
    row = "|" + " 写得很长的一格 |" * 6
    doc = made(f"{row}\n|{'---|' * 6}\n{row}", width=400)
    assert doc.size().width() <= 402  # its own lines


def test_half_a_table_is_shown_as_far_as_it_goes() -> None:
    for end in range(1, len(TABLE)):
        assert made(TABLE[:end]).toPlainText()


def test_no_line_of_prose_is_code() -> None:
    assert not any(map(is_code, blocks(made("一\n二\n\n- 三\n\n> 四"))))


@pytest.mark.parametrize("role", [Role.USER, Role.ASSISTANT])
def test_a_word_of_many_thousand_letters_breaks_anywhere(role: Role) -> None:
    """Qt looks for its end at each line: 200,000 letters took three seconds, each time."""
    doc = made("看：" + "x" * 5000, role)
    assert doc.defaultTextOption().wrapMode() is QTextOption.WrapMode.WrapAnywhere
    assert doc.idealWidth() <= 500
    assert doc.toPlainText() == "看：" + "x" * 5000


@pytest.mark.parametrize("marks", ["。" * 5000, "ー" * 5000])
def test_marks_that_stand_together_are_a_word(marks: str) -> None:
    doc = made(marks, Role.USER)
    assert doc.defaultTextOption().wrapMode() is QTextOption.WrapMode.WrapAnywhere


@pytest.mark.parametrize("text", ["睡不着" * 5000, "one two " * 5000, "x" * 300])
def test_what_has_places_to_break_breaks_there(text: str) -> None:
    doc = made(text, Role.USER)
    between_words = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
    assert doc.defaultTextOption().wrapMode() is between_words
