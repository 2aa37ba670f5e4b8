"""The crisis protocol laid out to be read: Qt's own Markdown has huge headings and no distances."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)

from desktop_app.views import theme
from desktop_app.views.appearance import Look

CELL_PADDING: Final = 6
LINE_HEIGHT_PERCENT: Final = 135


def lay_out(made: QTextDocument, markdown: str, look: Look) -> None:
    """Show `markdown` in `made`, in the sizes and colours of `look`."""
    made.setDefaultFont(look.font(theme.INTERFACE_PX))
    made.setMarkdown(markdown)
    block = made.begin()
    while block.isValid():
        _set_block(QTextCursor(block), block.blockFormat().headingLevel(), look)
        block = block.next()
    for frame in made.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            form = frame.format().toTableFormat()
            form.setBorderBrush(QBrush(QColor(look.colours.line)))
            form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            form.setBorder(1)
            form.setCellPadding(CELL_PADDING)
            form.setTopMargin(look.px(theme.GAP) / 2)
            form.setBottomMargin(look.px(theme.GAP))
            frame.setFormat(form)


def _set_block(cursor: QTextCursor, heading: int, look: Look) -> None:
    in_table = cursor.currentTable() is not None
    form = QTextBlockFormat()
    proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
    form.setLineHeight(LINE_HEIGHT_PERCENT, proportional)
    form.setTopMargin(look.px(theme.GAP) if heading > 1 else 0)
    form.setBottomMargin(0 if in_table else look.px(theme.GAP) / 2)
    cursor.mergeBlockFormat(form)
    if heading:
        letters = QTextCharFormat()
        letters.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
        letters.setProperty(QTextFormat.Property.FontPixelSize, look.px(theme.BODY_PX))
        letters.setFontWeight(QFont.Weight.Bold)
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.mergeCharFormat(letters)
