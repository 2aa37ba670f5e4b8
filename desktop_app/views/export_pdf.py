"""Conversations as a PDF: laid out page by page, a reply's Markdown as the window shows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEventLoop,
    QIODevice,
    QMarginsF,
    QPointF,
    QRectF,
    QSizeF,
    Qt,
)
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QGuiApplication,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextFormat,
    QTextFrameFormat,
    QTextOption,
)

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.export_labels import ending, heading, moment, speaker
from desktop_app.views import theme
from desktop_app.views.document import MessageDocument, set_reply
from desktop_app.views.reply_form import blocks, in_table, is_code, quote_level
from desktop_app.views.wrapping import with_breaks
from resources.messages import sentence

MARGIN_MM: Final = 18.0
FOOT_MM: Final = 8.0
"""The strip at the foot of a page, where its number stands."""
DOTS_PER_INCH: Final = 150
MM: Final = DOTS_PER_INCH / 25.4
LINE_PERCENT: Final = 130
QUOTED_MM: Final = 5
"""How far in a quotation stands."""
TITLE_POINTS, HEADING_POINTS, BODY_POINTS, SMALL_POINTS = 18, 14, 11, 8.5

Check = Callable[[], None]
"""Called between two steps; what it raises ends the work."""


def _go_on() -> None:
    """Let it be finished, whatever happens meanwhile."""


def pdf(sessions: Iterable[CarriedSession], check: Check = _go_on) -> bytes:
    """Return conversations, along the path that is shown, as a PDF on A4. It loads nothing.

    `check` is called for each turn, each paragraph and each page.
    """
    # Without a window, on the terminal, fonts need an application all the same.
    application = QGuiApplication.instance() or _without_a_display()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS_PER_INCH)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    writer.setTitle(sentence("export.title"))
    document = laid_out(sessions, writer, check)
    painter = QPainter(writer)
    try:
        for number in range(document.pageCount()):
            check()
            if number:
                writer.newPage()
            draw_page(document, number, painter)
    finally:  # nothing that is being painted on may be let go of
        painter.end()
    buffer.close()
    del document, writer, application
    return bytes(content.data())


def laid_out(
    sessions: Iterable[CarriedSession], paper: QPagedPaintDevice, check: Check = _go_on
) -> QTextDocument:
    """Return conversations in pages of the paper's size, within its margins."""
    document = MessageDocument()
    document.documentLayout().setPaintDevice(paper)
    document.setDocumentMargin(0)
    document.setDefaultFont(_font(BODY_POINTS))
    wrapped = QTextOption(document.defaultTextOption())
    wrapped.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    document.setDefaultTextOption(wrapped)
    # Laid out once, at the end: each turn would have all those before it looked through again.
    document.setLayoutEnabled(False)
    document.setUndoRedoEnabled(False)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    _write(cursor, sessions, check)
    cursor.endEditBlock()
    document.setPageSize(QSizeF(paper.width(), paper.height() - FOOT_MM * MM))
    _lay_out(document, check)
    return document


def _lay_out(document: QTextDocument, check: Check) -> None:
    """Lay out paragraph by paragraph what would otherwise be laid out at one go."""
    # Qt begins with the first ones and sets a timer for the rest. That needs a dispatcher, which
    # a thread has that has had a loop; it need not run.
    loop = QEventLoop()
    document.setLayoutEnabled(True)
    for block in blocks(document):
        check()
        document.documentLayout().blockBoundingRect(block)
    del loop


def draw_page(document: QTextDocument, number: int, painter: QPainter) -> None:
    """Draw a page and its number; a ground ends where the page's text does."""
    page = QRectF(QPointF(0, 0), document.pageSize())
    seen = page.translated(0, number * page.height())
    painter.save()
    painter.setClipRect(page)
    painter.translate(0, -seen.top())
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = seen
    context.palette.setColor(QPalette.ColorRole.Text, QColor(theme.LIGHT.text))
    document.documentLayout().draw(painter, context)
    painter.restore()
    painter.setFont(_font(SMALL_POINTS))
    painter.setPen(QColor(theme.LIGHT.muted))
    foot = QRectF(0, page.bottom(), page.width(), FOOT_MM * MM)
    below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
    pages = document.pageCount()
    painter.drawText(foot, below, sentence("export.page", number=number + 1, pages=pages))


def _write(cursor: QTextCursor, sessions: Iterable[CarriedSession], check: Check) -> None:
    _paragraph(cursor, sentence("export.title"), TITLE_POINTS, below=3)
    _paragraph(cursor, sentence("export.notice"), SMALL_POINTS, muted=True, below=6)
    for number, session in enumerate(sessions):
        _paragraph(cursor, heading(session), HEADING_POINTS, above=8 if number else 2, below=3)
        for turn in session.shown():
            check()
            _turn(cursor, turn)


def _turn(cursor: QTextCursor, turn: CarriedTurn) -> None:
    """Write who spoke and when, and below it the words on a ground of their own."""
    said = " ".join(filter(None, (speaker(turn), moment(turn.created), ending(turn))))
    _paragraph(cursor, said, SMALL_POINTS, muted=True, above=3, below=1)
    mine = turn.role is Role.USER
    frame = QTextFrameFormat()
    frame.setBackground(QColor(theme.LIGHT.mine if mine else theme.LIGHT.side))
    frame.setPadding(3 * MM)
    frame.setLeftMargin(12 * MM if mine else 0)
    frame.setRightMargin(0 if mine else 12 * MM)
    frame.setBottomMargin(1 * MM)
    frame.setBorder(0)
    inside = cursor.insertFrame(frame).firstCursorPosition()
    text = with_breaks(turn.content)
    if mine:
        inside.setBlockFormat(_spaced(0))
        inside.insertText(text.replace("\n", "\u2028"), _letters(BODY_POINTS))
    else:
        _write_reply(inside, text)
    cursor.movePosition(QTextCursor.MoveOperation.End)


def _write_reply(cursor: QTextCursor, text: str) -> None:
    made = MessageDocument()
    made.setLayoutEnabled(False)  # it is laid out where it comes to stand
    made.setDefaultFont(_font(BODY_POINTS))
    set_reply(made, text)
    _take_links_out(made)
    for block in blocks(made):
        QTextCursor(block).mergeBlockFormat(_form_of(block))
    everything = QTextCursor(made)
    everything.select(QTextCursor.SelectionType.Document)
    plain = QTextCharFormat()  # no link looks as if it opened
    plain.setAnchor(False)
    plain.setFontUnderline(False)
    plain.setForeground(QColor(theme.LIGHT.text))
    everything.mergeCharFormat(plain)
    first = made.firstBlock()
    cursor.setBlockFormat(first.blockFormat())  # the fragment's first block takes this one's form
    if first.textList() is not None:
        cursor.createList(first.textList().format())
    cursor.insertFragment(QTextDocumentFragment(made))


def _take_links_out(made: QTextDocument) -> None:
    """Leave the words of links and nothing that a click would open: Qt writes that into a PDF."""
    href = QTextFormat.Property.AnchorHref
    links: list[QTextCursor] = []
    for block in blocks(made):
        place = block.begin()
        while not place.atEnd():
            piece = place.fragment()
            if piece.charFormat().hasProperty(href.value):
                link = QTextCursor(made)
                link.setPosition(piece.position())
                link.setPosition(piece.position() + piece.length(), link.MoveMode.KeepAnchor)
                links.append(link)
            place += 1
    for link in links:  # not before: what is changed can no longer be walked through
        form = link.charFormat()
        form.clearProperty(href.value)
        link.setCharFormat(form)


def _form_of(block: QTextBlock) -> QTextBlockFormat:
    """Return the form of a block of a reply: code in one piece, quotations to the right."""
    closed = in_table(block) or (is_code(block) and is_code(block.next()))
    form = _spaced(1.5 if block.next().isValid() and not closed else 0)
    form.setLeftMargin(quote_level(block) * QUOTED_MM * MM)
    form.setRightMargin(0)
    return form


def _spaced(below: float) -> QTextBlockFormat:
    """Return the rhythm of what was said, so many millimetres below a paragraph."""
    form = QTextBlockFormat()
    form.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    form.setTopMargin(0)
    form.setBottomMargin(below * MM)
    form.setNonBreakableLines(False)
    return form


def _paragraph(
    cursor: QTextCursor,
    text: str,
    points: float,
    *,
    muted: bool = False,
    above: float = 0,
    below: float = 0,
) -> None:
    """Write a paragraph; distances in millimetres."""
    block = QTextBlockFormat()
    block.setTopMargin(above * MM)
    block.setBottomMargin(below * MM)
    if cursor.block().text():
        cursor.insertBlock(block)
    else:  # the first one, or the empty one below a frame
        cursor.setBlockFormat(block)
    cursor.insertText(text, _letters(points, muted=muted))


def _letters(points: float, *, muted: bool = False) -> QTextCharFormat:
    letters = QTextCharFormat()
    letters.setFont(_font(points))
    letters.setForeground(QColor(theme.LIGHT.muted if muted else theme.LIGHT.text))
    return letters


def _font(points: float) -> QFont:
    font = theme.font(theme.BODY_PX, 1.0)
    font.setPointSizeF(points)
    return font


def _without_a_display() -> QGuiApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication(["soulchat"])
