"""A message's text as a laid-out document: Markdown from the model, plain words from the person.

Nothing in a reply can reach outside: no image is loaded, no HTML is understood, no link opens.
"""

from __future__ import annotations

import re
from typing import Any, Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument

from desktop_app.dialogue import Role
from desktop_app.views import theme
from desktop_app.views.appearance import Look
from desktop_app.views.message import Message
from desktop_app.views.reply_form import mend_tables, set_form
from desktop_app.views.wrapping import wrap_mode

# CommonMark and tables, not all of GitHub's dialect: that one strikes through what stands between
# two tildes, and in Chinese a tilde is a friendly tone at the end of a sentence. Qt has no name
# for the tables alone; the number is that of its parser (MD_FLAG_TABLES of md4c).
_DIALECT: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectCommonMark
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
    | QTextDocument.MarkdownFeature(0x0100)
)
_LINE_BREAK: Final = re.compile(
    r"(?P<code>^(?P<fence>```+|~~~+).*?(?:^(?P=fence)|\Z))|(?<!\n)\n(?!\n)",
    re.DOTALL | re.MULTILINE,
)
_IMAGE: Final = re.compile(r"!(?=\[)")

WAITING: Final = "…"
"""Stands for a reply before its first character."""


class MessageDocument(QTextDocument):
    """A document that loads nothing."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: ARG002 - Qt's own
        """Return nothing, whatever a reply points at."""
        return None


def document(message: Message, look: Look, width: float) -> QTextDocument:
    """Return the document of `message`, at most `width` pixels wide and no wider than needed."""
    font = look.font(theme.BODY_PX)
    made = MessageDocument()
    made.setDefaultFont(font)
    made.setDocumentMargin(0)
    made.setIndentWidth(1.5 * font.pixelSize())
    if message.role is Role.USER:
        made.setPlainText(message.text)
    else:
        set_reply(made, message.text or WAITING)
    wrapped = made.defaultTextOption()
    wrapped.setWrapMode(wrap_mode(message.text))
    made.setDefaultTextOption(wrapped)
    set_form(made, look.colours, font.pixelSize())
    made.setTextWidth(width)
    made.setTextWidth(min(width, made.idealWidth() + 1))
    return made


def set_reply(made: QTextDocument, text: str) -> None:
    """Let a document show a reply: its Markdown, and nothing that would be fetched."""
    made.setMarkdown(_as_written(text), _DIALECT)
    mend_tables(made)


def _as_written(text: str) -> str:
    """Return Markdown in which a line break breaks the line, as people and models mean it."""
    return _LINE_BREAK.sub(lambda found: found["code"] or "  \n", _IMAGE.sub("", text))
