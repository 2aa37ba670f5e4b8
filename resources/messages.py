"""Every sentence a person reads, by key, in Chinese and English.

The catalogues are `i18n/zh.toml` and `i18n/en.toml`. Tables nest, keys join with dots:
`[error] model_missing = "…{path}…"` is read as `sentence("error.model_missing", path=…)`.
Language: what `choose_language` was told, else the locale; no locale at all means Chinese.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN: Final = re.compile(r"[A-Za-z]{2}")

_chosen: list[Language] = []


def choose_language(language: Language | None) -> None:
    """Fix the language of this process; None goes back to the locale."""
    _chosen[:] = [] if language is None else [language]


def early_language(arguments: Sequence[str]) -> Language | None:
    """Return the last `--lang en` or `--lang=en` among command line words, None when none is valid.

    Read ahead of the real parser, whose help and complaints are in that language already.
    """
    known: dict[str, Language] = {language: language for language in LANGUAGES}
    chosen = None
    for word, following in zip(arguments, [*arguments[1:], ""], strict=False):
        option, equals, value = word.partition("=")
        if option == "--lang":
            chosen = known.get(value if equals else following, chosen)
    return chosen


def locale_name() -> str:
    """Return the locale of messages (`zh_CN.UTF-8`): the first variable set, as setlocale(3)."""
    values = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, values), "")


def language() -> Language:
    """Return the language in force: the chosen one, else that of the locale."""
    if _chosen:
        return _chosen[0]
    name = locale_name().lower()
    return "zh" if name in {"", "c"} or name.startswith(("zh", "c.", "posix")) else "en"


def language_of(text: str) -> Language:
    """Return the language of `text`; the one in force where it holds no word."""
    if _HAN.search(text):
        return "zh"
    return "en" if _LATIN.search(text) else language()


@cache
def catalogue(of: Language) -> dict[str, str]:
    """Return all sentences of one language, keys joined with dots."""
    text = resources.files("resources").joinpath("i18n", f"{of}.toml").read_text(encoding="utf-8")
    flat: dict[str, str] = {}

    def walk(table: dict[str, object], prefix: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(cast("dict[str, object]", value), f"{prefix}{key}.")
            else:
                flat[prefix + key] = cast("str", value)

    walk(tomllib.loads(text), "")
    return flat


def sentence(key: str, /, *, lang: Language | None = None, **values: object) -> str:
    """Return the sentence of `key`, its {placeholders} filled in.

    Raises:
        KeyError: the key is in no catalogue; a test holds both catalogues to the same keys.
    """
    return catalogue(lang or language())[key].format(**values)
