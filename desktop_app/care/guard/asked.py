"""What a person asks about what they are talking to: `resources/guard/asked.toml` as data."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

_APOSTROPHES: Final = re.compile(r"(?<=[a-z])['’‘](?=[a-z])")
_BLANKS: Final = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")


def asks_what_this_is(message: str) -> bool:
    """Tell whether `message` asks if a human being answers here."""
    return _asks("patterns", message)


def asks_who_is_told(message: str) -> bool:
    """Tell whether `message` asks if others learn of it, or that nobody does."""
    return _asks("secrecy", message)


def _asks(about: str, message: str) -> bool:
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", message).lower())
    plain = _APOSTROPHES.sub("", plain)
    return any(pattern.search(plain) for pattern in _patterns(about))


@cache
def _patterns(about: str) -> tuple[re.Pattern[str], ...]:
    file = resources.files("resources").joinpath("guard", "asked.toml")
    return tuple(map(re.compile, tomllib.loads(file.read_text(encoding="utf-8"))[about]))
