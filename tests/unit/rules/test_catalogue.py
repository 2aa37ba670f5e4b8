from __future__ import annotations

import ast
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from resources.messages import LANGUAGES, catalogue
from tests.support.source_tree import SourceFile, source_files

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = source_files()


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@dataclass(frozen=True, slots=True)
class Use:
    """One place that asks the catalogue for a sentence by a key written out in the code."""

    where: str
    key: str
    values: frozenset[str] | None  # None: passed on as **values

    def __str__(self) -> str:
        return f"{self.where} {self.key}"


def called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def known_errors() -> set[str]:
    """Names of KnownError and of every class below it."""
    names, grew = {"KnownError"}, True
    while grew:
        below = {
            node.name
            for file in FILES
            for node in ast.walk(file.tree)
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if (isinstance(base, ast.Name) and base.id in names)
            or (isinstance(base, ast.Attribute) and base.attr in names)
        }
        grew, names = not below <= names, names | below
    return names


def uses() -> Iterator[Use]:
    errors = known_errors()
    for file in FILES:
        for node in ast.walk(file.tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name, first = called_name(node), node.args[0]
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                continue
            if name not in errors | {"sentence"}:
                continue
            key = f"error.{first.value}" if name in errors else first.value
            passed_on = any(word.arg is None for word in node.keywords)
            values = frozenset(word.arg for word in node.keywords if word.arg) - {"lang"}
            yield Use(f"{file.name}:{node.lineno}", key, None if passed_on else values)


USES = list(uses())


def test_both_languages_have_the_same_keys() -> None:
    assert catalogue("zh").keys() == catalogue("en").keys()


@pytest.mark.parametrize("key", sorted(catalogue("zh")))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    assert placeholders(catalogue("zh")[key]) == placeholders(catalogue("en")[key])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_is_empty(lang: str) -> None:
    assert [key for key, text in catalogue(lang).items() if not text.strip()] == []


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_key_asked_for_exists(use: Use) -> None:
    assert use.key in catalogue("zh")


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_sentence_gets_the_values_it_names(use: Use) -> None:
    if use.values is not None:
        assert use.values >= placeholders(catalogue("zh")[use.key])


def literal_beginnings(file: SourceFile) -> Iterator[str]:
    """Every string of a file; of an f-string, what stands before its first value."""
    parts = {
        part
        for node in ast.walk(file.tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(file.tree):
        if isinstance(node, ast.JoinedStr):
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant) and str(first.value).endswith("."):
                yield str(first.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            yield node.value


def test_every_sentence_is_used() -> None:
    """A key counts as used where the code holds it, or the dotted beginning of it."""
    written = {text for file in FILES for text in literal_beginnings(file)}
    beginnings = tuple(text for text in written if text.endswith(".") and " " not in text)
    unused = []
    for key in catalogue("zh"):
        names = {key, key.removeprefix("error.")}
        if not names & written and not any(name.startswith(beginnings) for name in names):
            unused.append(key)
    assert unused == []
