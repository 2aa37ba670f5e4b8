"""A message's text as a laid-out document: Markdown from the model, plain words from the person.

Nothing in a reply can reach outside: no image is loaded, no HTML is understood, no link opens.
"""

from __future__ import annotations

import re
from typing import Any, Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QFont, QTextBlockFormat, QTextCursor, QTextDocument

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.message import Message

# CommonMark, not GitHub's dialect: that one strikes through what stands between two tildes,
# and in Chinese a tilde is a friendly tone at the end of a sentence.
_DIALECT: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectCommonMark
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)
_LINE_BREAK: Final = re.compile(r"(?<!\n)\n(?!\n)")
_IMAGE: Final = re.compile(r"!(?=\[)")

WAITING: Final = "…"
"""Stands for a reply before its first character."""


class MessageDocument(QTextDocument):
    """A document that loads nothing."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: ARG002 - Qt's own
        """Return nothing, whatever a reply points at."""
        return None


def document(message: Message, font: QFont, width: float) -> QTextDocument:
    """Return the document of `message`, at most `width` pixels wide and no wider than needed."""
    made = MessageDocument()
    made.setDefaultFont(font)
    made.setDocumentMargin(0)
    made.setIndentWidth(1.5 * font.pixelSize())
    if message.role is Role.USER:
        made.setPlainText(message.text)
    else:
        made.setMarkdown(_as_written(message.text) or WAITING, _DIALECT)
    _set_rhythm(made, font.pixelSize())
    made.setTextWidth(width)
    made.setTextWidth(min(width, made.idealWidth() + 1))
    return made


def _as_written(text: str) -> str:
    """Return Markdown in which a line break breaks the line, as people and models mean it."""
    return _LINE_BREAK.sub("  \n", _IMAGE.sub("", text))


def _set_rhythm(made: QTextDocument, pixels: int) -> None:
    """Give every block the line height of the theme, and paragraphs one distance."""
    cursor = QTextCursor(made)
    cursor.select(QTextCursor.SelectionType.Document)
    form = QTextBlockFormat()
    proportional = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
    form.setLineHeight(theme.LINE_HEIGHT_PERCENT, proportional)
    form.setTopMargin(0)
    form.setBottomMargin(pixels // 2)
    cursor.mergeBlockFormat(form)
    last = QTextCursor(made.lastBlock())
    form.setBottomMargin(0)
    last.mergeBlockFormat(form)
