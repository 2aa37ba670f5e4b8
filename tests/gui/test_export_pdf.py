"""Conversations as a PDF, in the window's process and in one without a display."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QBuffer, QMargins, QRect, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPdfWriter, QTextBlock, QTextDocument
from pytestqt.logging import _QtMessageCapture

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.views import export_pdf
from desktop_app.views.export_pdf import pdf
from desktop_app.views.reply_form import blocks
from tests.support.source_tree import ROOT

NEARLY_WHITE = 250
BESIDE = 40

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("qapp")]


def pages(content: bytes) -> int:
    return content.count(b"/Type /Page\n")


def conversation(turns: int) -> list[CarriedSession]:
    said = CarriedTurn(Role.USER, "睡不着。<img src='http://example.org/x.png'>" * 20)
    return [CarriedSession("a", (said,) * turns, "标题")]


def test_a_short_conversation_is_one_page() -> None:
    content = pdf(conversation(1))

    assert content.startswith(b"%PDF-")
    assert pages(content) == 1


def test_a_long_one_is_many() -> None:
    assert pages(pdf(conversation(60))) > 5


def test_a_very_long_word_in_one_conversation_breaks_no_words_of_another(
    paper: QPdfWriter,
) -> None:
    words = "sleepless " * 200
    said = [
        CarriedSession(name, (CarriedTurn(Role.USER, text), CarriedTurn(Role.ASSISTANT, text)), "")
        for name, text in (("a", "x" * 5000), ("b", words))
    ]
    made = export_pdf.laid_out(said, paper)

    ends = [line for block in blocks(made) if "sleepless" in block.text() for line in lines(block)]
    assert len(ends) > 20
    assert {line.strip().rpartition(" ")[2] for line in ends} == {"sleepless"}
    assert made.toPlainText().replace("\u200b", "").count("x" * 5000) == 2


def lines(block: QTextBlock) -> list[str]:
    layout, text = block.layout(), block.text()
    each = (layout.lineAt(number) for number in range(layout.lineCount()))
    return [text[line.textStart() : line.textStart() + line.textLength()] for line in each]


@pytest.fixture
def paper() -> QPdfWriter:
    """A4 at the resolution of the export, one page of which is looked at."""
    writer = QPdfWriter(QBuffer())
    writer.setResolution(export_pdf.DOTS_PER_INCH)
    return writer


def drawn(document: QTextDocument, page: int) -> QImage:
    """Return a page with BESIDE white dots around it."""
    size = document.pageSize().toSize()
    image = QImage(size.grownBy(QMargins(*[BESIDE] * 4)), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    dots = round(export_pdf.DOTS_PER_INCH / 25.4 * 1000)
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)
    painter = QPainter(image)
    painter.translate(BESIDE, BESIDE)
    export_pdf.draw_page(document, page, painter)
    painter.end()
    return image.copy(0, 0, image.width(), BESIDE + size.height() + BESIDE // 4)


def inked(image: QImage) -> QRect:
    """Return the rectangle in which there is anything."""
    found = [
        (x, y)
        for y in range(image.height())
        for x in range(image.width())
        if image.pixelColor(x, y).lightness() < NEARLY_WHITE
    ]
    left, top = (min(each[axis] for each in found) for axis in (0, 1))
    right, bottom = (max(each[axis] for each in found) for axis in (0, 1))
    return QRect(left, top, right - left, bottom - top)


def test_a_page_fills_its_width_and_nothing_of_it_stands_in_the_margins(paper: QPdfWriter) -> None:
    document = export_pdf.laid_out(conversation(60), paper)

    for page in (0, 1, 2):
        ink = inked(drawn(document, page))
        assert ink.left() == pytest.approx(BESIDE, abs=4)
        assert ink.right() == pytest.approx(BESIDE + document.pageSize().width(), abs=4)
        assert ink.top() >= BESIDE
        assert ink.bottom() <= BESIDE + document.pageSize().height()


def test_a_replys_markdown_is_shown_and_a_persons_signs_stay(paper: QPdfWriter) -> None:
    said = (
        CarriedTurn(Role.USER, "**不是粗体**"),
        CarriedTurn(Role.ASSISTANT, "- 先**深呼吸**\n\n![图](http://example.org/x.png)", after=0),
    )
    document = export_pdf.laid_out([CarriedSession("a", said, "标题")], paper)

    text = document.toPlainText()
    assert "**不是粗体**" in text
    assert "先深呼吸" in text
    assert "example.org" not in text
    assert document.find("先深呼吸").block().textList() is not None


@pytest.mark.parametrize(
    "reply",
    ["看[这里](http://example.org/x '题')。", "<http://example.org/x>", "- **[甲](data:a)**"],
)
def test_no_link_opens(reply: str) -> None:
    content = pdf([CarriedSession("a", (CarriedTurn(Role.ASSISTANT, reply),))])

    assert b"/URI" not in content
    assert b"/Link" not in content


def test_the_words_of_a_link_and_their_form_stay(paper: QPdfWriter) -> None:
    said = (CarriedTurn(Role.ASSISTANT, "看 **[这里](http://example.org/x)** 。"),)
    document = export_pdf.laid_out([CarriedSession("a", said)], paper)

    assert "看 这里 。" in document.toPlainText()
    assert document.find("这里").charFormat().fontWeight() == QFont.Weight.Bold


def test_a_thread_lays_it_out_without_a_complaint_of_qts(qtlog: _QtMessageCapture) -> None:
    made: list[bytes] = []
    thread = threading.Thread(target=lambda: made.append(pdf(conversation(60))))
    thread.start()
    thread.join()

    assert pages(made[0]) > 5
    assert qtlog.records == []


def test_it_is_made_without_a_display_too() -> None:
    code = "import sys; from desktop_app.views.export_pdf import pdf; sys.stdout.buffer.write("
    done = subprocess.run(
        [sys.executable, "-c", f"{code}pdf([]))"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"LANG": "C.UTF-8", "PATH": ""},
    )

    assert done.stdout.startswith(b"%PDF-")
