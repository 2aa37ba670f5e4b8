"""Reads a JSON object that holds one very long list, without ever holding the list's objects.

Python's own reader makes three objects of every merge of a tokenizer: 40 MB for 150,000 of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from convert.errors import BaseModelError
from convert.json_file import read_text

_GAP: Final = re.compile(r"[ \t\n\r]*")


def read_with_list(
    path: Path, place: Sequence[str], keep: Callable[[Iterator[Any]], Any]
) -> dict[str, Any]:
    """Return the JSON object in `path`, with `keep(elements)` for the list it has at `place`.

    `place`: the names that lead there. `keep` takes every element. What is no list stays as it is.

    Raises:
        BaseModelError: the file is missing, unreadable, or holds no JSON object.
    """
    cursor = _Cursor(read_text(path))
    try:
        found = cursor.object(place, keep)
        cursor.take("")
    except (json.JSONDecodeError, RecursionError) as error:
        raise BaseModelError("json_damaged", path=path) from error
    return found


class _Cursor:
    """Goes through a JSON text; values that are not gone through are read by Python's reader."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def object(self, place: Sequence[str], keep: Callable[[Iterator[Any]], Any]) -> dict[str, Any]:
        """Read the object that begins here; as `read_with_list`."""
        name, *rest = place
        found = {}
        for _ in self._items("{", "}"):
            key = self._name()
            if key == name and rest and self._next() == "{":
                found[key] = self.object(rest, keep)
            elif key == name and not rest and self._next() == "[":
                found[key] = keep(self._value() for _ in self._items("[", "]"))
            else:
                found[key] = self._value()
        return found

    def take(self, expected: str) -> None:
        """Step over one character, nothing for the end.

        Raises:
            json.JSONDecodeError: something else stands here.
        """
        self._expect(expected)
        self._at += 1

    def _expect(self, character: str) -> None:
        if self._next() != character:
            raise json.JSONDecodeError(f"{character!r} expected", self._text, self._at)

    def _items(self, begin: str, end: str) -> Iterator[None]:
        """Stand before each item between two brackets; the caller reads it."""
        self.take(begin)
        if self._next() != end:
            yield
            while self._next() == ",":
                self._at += 1
                yield
        self.take(end)

    def _name(self) -> Any:
        self._expect('"')
        name = self._value()
        self.take(":")
        return name

    def _value(self) -> Any:
        self._next()
        found, self._at = self._decode(self._text, self._at)
        return found

    def _next(self) -> str:
        """Return the next character that is no gap, nothing at the end."""
        self._at = _GAP.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text[self._at : self._at + 1]
