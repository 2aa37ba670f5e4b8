"""The form of a reply's Markdown: the rhythm of its blocks, and grounds for code and quotations.

Qt imports the structure and leaves it bare: code is in another face and nothing more, a quotation
is only indented. What Qt's formats can carry is set in the document here; what they cannot (a
ground with room around its lines, a bar beside them) is worked out for whoever paints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)

from desktop_app.views import theme

CLOSE_PERCENT: Final = 125
"""Line height of what belongs together, code and the cells of a table; prose has the theme's."""
CODE_SIZE: Final = 0.9
"""Of the type around it: letters of one width look larger than others of their size."""
ROOM: Final = 10
"""Pixels around code on its ground, and between a quotation and its bar."""
BAR: Final = 3
CELL_PADDING: Final = 7

_PROPERTY: Final = QTextFormat.Property
_PROPORTIONAL: Final = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


def set_form(made: QTextDocument, colours: theme.Colours, pixels: int) -> None:
    """Give the blocks of a document their form; `pixels` is the size of its type."""
    gap = pixels // 2
    for table in _tables(made):
        _set_table(table, colours, gap)
    for block in blocks(made):
        _set_block(block, gap)
        _set_letters(block, colours, pixels)
    last = QTextBlockFormat()
    last.setBottomMargin(0)
    QTextCursor(made.lastBlock()).mergeBlockFormat(last)


def code_grounds(made: QTextDocument) -> list[QRectF]:
    """Return the ground of each piece of code, in the coordinates of the laid-out document."""
    return [_around(made, run).adjusted(-ROOM, -ROOM, ROOM, ROOM) for run in _runs(made, is_code)]


def quote_bars(made: QTextDocument) -> list[QRectF]:
    """Return a bar for each quotation, left of its lines, in the document's coordinates."""
    bars = []
    for level in range(1, max(map(quote_level, blocks(made))) + 1):
        for run in _runs(made, partial(_is_quoted, level=level)):
            first, around = run[0], _around(made, run)
            around.adjust(0, -ROOM * is_code(first), 0, ROOM * is_code(run[-1]))
            margin = _quote_margin(quote_level(first) - level + 1) + ROOM * is_code(first)
            bars.append(QRectF(around.left() - margin, around.top(), BAR, around.height()))
    return bars


def blocks(made: QTextDocument) -> Iterator[QTextBlock]:
    """Give every block of a document, those in tables too."""
    block = made.begin()
    while block.isValid():
        yield block
        block = block.next()


def is_code(block: QTextBlock) -> bool:
    """Tell whether a block is a line of code, between fences or indented."""
    return block.isValid() and block.blockFormat().hasProperty(_PROPERTY.BlockCodeLanguage.value)


def quote_level(block: QTextBlock) -> int:
    """Return how deep in quotations a block stands; 0 is in none."""
    return block.blockFormat().intProperty(_PROPERTY.BlockQuoteLevel.value)


def in_table(block: QTextBlock) -> bool:
    """Tell whether a block stands in a cell."""
    return QTextCursor(block).currentTable() is not None


def mend_tables(made: QTextDocument) -> None:
    """Give every first cell its heading: after code, Qt puts the words into a second block."""
    for table in _tables(made):
        cell = table.cellAt(0, 0)
        first = cell.firstCursorPosition()
        if cell.lastCursorPosition().block() != first.block():
            first.deleteChar()
            bold = QTextCharFormat()
            bold.setFontWeight(QFont.Weight.Bold)
            first.movePosition(first.MoveOperation.EndOfBlock, first.MoveMode.KeepAnchor)
            first.mergeCharFormat(bold)


def _set_block(block: QTextBlock, gap: int) -> None:
    """Set line height and margins; code has them around all its lines, not around each."""
    code, in_cell = is_code(block), in_table(block)
    above = below = 0
    if code and not is_code(block.previous()):
        above = ROOM + (gap if block.position() else 0)
    if code:
        below = 0 if is_code(block.next()) else ROOM + gap
    elif not in_cell:
        below = gap // 2 if _in_list(block) and _in_list(block.next()) else gap
    form = QTextBlockFormat()
    percent = CLOSE_PERCENT if code or in_cell else theme.LINE_HEIGHT_PERCENT
    form.setLineHeight(percent, _PROPORTIONAL)
    form.setNonBreakableLines(False)  # Markdown's code would leave the bubble
    form.setTopMargin(above)
    form.setBottomMargin(below)
    room = ROOM if code else 0
    form.setLeftMargin(_quote_margin(quote_level(block)) + room)
    form.setRightMargin(room)
    QTextCursor(block).mergeBlockFormat(form)


def _set_letters(block: QTextBlock, colours: theme.Colours, pixels: int) -> None:
    letters = QTextCharFormat()
    if is_code(block):
        letters.setProperty(_PROPERTY.FontPixelSize.value, round(pixels * CODE_SIZE))
    elif quote_level(block):
        letters.setForeground(QColor(colours.muted))
    cursor = QTextCursor(block)
    cursor.movePosition(cursor.MoveOperation.EndOfBlock, cursor.MoveMode.KeepAnchor)
    cursor.mergeCharFormat(letters)
    cursor.mergeBlockCharFormat(letters)  # a line with nothing on it is as high as the others
    inline = QTextCharFormat()
    inline.setBackground(QColor(colours.side))
    for start, end in [] if is_code(block) else list(_code_within(block)):
        cursor.setPosition(start)
        cursor.setPosition(end, cursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(inline)


def _code_within(block: QTextBlock) -> Iterator[tuple[int, int]]:
    """Give where code stands within a line of prose, as positions in the document."""
    pieces = block.begin()
    while not pieces.atEnd():
        piece = pieces.fragment()
        if piece.charFormat().fontFixedPitch():
            yield piece.position(), piece.position() + piece.length()
        pieces += 1


def _set_table(table: QTextTable, colours: theme.Colours, gap: int) -> None:
    form = table.format()
    form.setBorder(1)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    form.setBorderBrush(QBrush(QColor(colours.line)))
    form.setCellPadding(CELL_PADDING)
    # The margin of a block does not reach to a table.
    before = table.document().findBlock(table.firstPosition() - 2)
    above = gap + ROOM * is_code(before)
    form.setTopMargin(above if table.firstPosition() > 1 else 0)
    form.setBottomMargin(gap)
    table.setFormat(form)


def _tables(made: QTextDocument) -> list[QTextTable]:
    return [each for each in made.rootFrame().childFrames() if isinstance(each, QTextTable)]


def _in_list(block: QTextBlock) -> bool:
    return block.isValid() and block.textList() is not None


def _is_quoted(block: QTextBlock, level: int) -> bool:
    return quote_level(block) >= level


def _quote_margin(levels: int) -> int:
    return levels * (BAR + ROOM)


def _runs(made: QTextDocument, of: Callable[[QTextBlock], bool]) -> Iterator[list[QTextBlock]]:
    """Give what of a document is of one kind, block after block."""
    for is_one, run in groupby(blocks(made), of):
        if is_one:
            yield list(run)


def _around(made: QTextDocument, run: list[QTextBlock]) -> QRectF:
    """Return the rectangle of the lines of a run, without what stands below the last of them."""
    whole = QRectF()
    for block in run:
        lines = block.layout().boundingRect()
        lines.moveTop(0)
        whole |= lines.translated(made.documentLayout().blockBoundingRect(block).topLeft())
    return whole
