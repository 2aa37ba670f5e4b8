"""Where a line of what was said may break: between words, and in a very long word anywhere.

Looking for the end of a word goes over all that is left of it, for each line anew: a word of a
hundred thousand characters (a picture as text, a program without line breaks) would hold the
window for many seconds.
"""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtGui import QTextOption

LONG: Final = 1000
"""Characters of one word."""
APART: Final = 20
_WORD: Final = re.compile(r"[^\s\u3041-\u30fb\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
"""What has no place to break: those are between words, and at each character of Chinese, Japanese
and Korean, but not between their marks."""
_SOME: Final = re.compile(f".{{{APART}}}")
_ZERO_WIDTH_SPACE: Final = "\u200b"


def wrap_mode(text: str) -> QTextOption.WrapMode:
    """Return how the lines of a text are to break."""
    if any(_is_long(word) for word in _WORD.finditer(text)):
        return QTextOption.WrapMode.WrapAnywhere
    return QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


def with_breaks(text: str) -> str:
    """Return a text whose very long words have places to break, for what has others beside it."""
    return _WORD.sub(_parted, text)


def _parted(word: re.Match[str]) -> str:
    return _SOME.sub(rf"\g<0>{_ZERO_WIDTH_SPACE}", word[0]) if _is_long(word) else word[0]


def _is_long(word: re.Match[str]) -> bool:
    return word.end() - word.start() >= LONG
