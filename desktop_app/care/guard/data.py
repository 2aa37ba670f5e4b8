"""The guard's word lists: `resources/guard/*.toml`, read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

LATIN: Final = re.compile("[a-z]")
HAN: Final = r"\u3400-\u9fff\U00020000-\U0003ffff"
_CHINESE: Final = re.compile(f"[{HAN}]")


@cache
def table(name: str) -> dict[str, Any]:
    """Return one file of `resources/guard`, by its name without the ending."""
    path = resources.files("resources").joinpath("guard", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def is_latin(text: str) -> bool:
    """Tell whether a text holds no Chinese character; a face or a curly quote makes none."""
    return _CHINESE.search(text) is None


@dataclass(frozen=True, slots=True)
class Words:
    """Expressions by name: Chinese ones match anywhere, Latin letters as whole words.

    Two machines a name, because most messages hold one script, and the other need not be looked
    for.
    """

    chinese: tuple[tuple[str, re.Pattern[str]], ...]
    latin: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, named: Mapping[str, Iterable[str]]) -> Words:
        """Return what finds the expressions of each name; each is of the script it holds."""
        chinese, latin = [], []
        for name, expressions in named.items():
            both = list(expressions)
            han = "|".join(one for one in both if not one.isascii())
            letters = "|".join(f"(?:{one})" for one in both if one.isascii())
            if han:
                chinese.append((name, re.compile(han, re.MULTILINE)))
            if letters:
                whole = rf"(?<![a-z0-9])(?:{letters})(?![a-z0-9])"
                latin.append((name, re.compile(whole, re.MULTILINE)))
        return cls(tuple(chinese), tuple(latin))

    @property
    def names(self) -> frozenset[str]:
        """Every name that has expressions."""
        return frozenset(name for name, _ in (*self.chinese, *self.latin))

    def machines(self, text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
        """Yield what may find something in a text, by the scripts it holds; Chinese first."""
        if not text.isascii():
            yield from self.chinese
        if LATIN.search(text):
            yield from self.latin

    def found_in(self, text: str) -> list[tuple[str, int]]:
        """Return the name and the place of everything that stands in `text`."""
        return [
            (name, match.start())
            for name, machine in self.machines(text)
            for match in machine.finditer(text)
        ]

    def replaced_in(self, text: str, by: str) -> str:
        """Return `text` with every place replaced."""
        for _, machine in self.machines(text):
            text = machine.sub(by, text)
        return text
