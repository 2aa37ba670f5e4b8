"""What style sheets leave out: states of a widget, the line height of a label, plain tooltips."""

from __future__ import annotations

import html

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget

from desktop_app.views import theme


def restyle(widget: QWidget, **states: bool) -> None:
    """Set properties the style sheet selects by, and have it applied again."""
    for name, value in states.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    # A label takes its padding from the style sheet when it hears of this, and at no other time.
    QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))


def spacious(markup: str) -> str:
    """Return a label's rich text with the line height of the conversation."""
    lines = markup.replace("\n", "<br>")
    return f'<p style="line-height: {theme.LINE_HEIGHT_PERCENT}%; margin: 0">{lines}</p>'


def plain_tip(text: str) -> str:
    """Return a tooltip that shows `text` letter by letter.

    Qt takes a tooltip that looks like HTML for that, and opens the files it names. What a person
    wrote, or a file or a driver says, must not be read so.
    """
    return f"<p>{html.escape(text)}</p>" if text else ""
