"""Where a line of what was said may break: between words, and in a very long word anywhere.

Looking for the end of a word goes over all that is left of it, for each line anew: a word of a
hundred thousand characters (a picture as text, a program without line breaks) would hold the
window for many seconds.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QTextOption

_LONG: Final = re.compile(r"[^\s\u2e80-\uffef]{1000}")
"""No place to break, which are between words and at each Chinese character."""


def wrap_mode(text: str) -> QTextOption.WrapMode:
    """Return how the lines of a text are to break."""
    if _LONG.search(text):
        return QTextOption.WrapMode.WrapAnywhere
    return QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
