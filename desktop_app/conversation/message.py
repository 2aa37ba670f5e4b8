"""A message of the person, as it is kept and read."""

from __future__ import annotations

import unicodedata
from typing import Final

from desktop_app.errors import MessageError

MAX_CHARACTERS: Final = 50_000
"""Longer messages are refused unread; no supported context holds them."""


def composed(text: str) -> str:
    """Return `text` composed (Unicode NFC) and without surrounding white space."""
    return unicodedata.normalize("NFC", text).strip()


def checked(message: str) -> str:
    """Return `message` composed (Unicode NFC) and without surrounding white space.

    Pasted text and macOS file names come decomposed; Qwen2's tokenizer composes before it
    splits, llama.cpp's does not.

    Raises:
        MessageError: nothing is left, it is far too long, or it holds what is no character.
    """
    text = composed(message)
    if not text:
        raise MessageError("message.empty")
    if len(text) > MAX_CHARACTERS:
        raise MessageError("message.too_long", characters=len(text))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MessageError("message.not_text") from error
    return text
