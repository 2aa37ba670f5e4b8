from __future__ import annotations

import ast
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from resources.messages import LANGUAGES, catalogue
from tests.support.source_tree import source_files

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


def base_names(node: ast.ClassDef) -> set[str]:
    return {
        base.id if isinstance(base, ast.Name) else base.attr
        for base in node.bases
        if isinstance(base, ast.Name | ast.Attribute)
    }


def prefix_added(node: ast.ClassDef) -> str:
    """What an error class puts before its key: `super().__init__(f"stage.{key}", …)`."""
    for call in ast.walk(node):
        match call:
            case ast.Call(
                func=ast.Attribute(attr="__init__"),
                args=[ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]), *_],
            ):
                return prefix
    return ""


def known_errors() -> dict[str, str]:
    """Return KnownError and every class below it, each with what stands before its keys."""
    classes = [
        node for file in FILES for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)
    ]
    prefixes = {"KnownError": "error."}
    found = True
    while found:
        found = False
        for node in classes:
            above = base_names(node) & prefixes.keys()
            if above and node.name not in prefixes:
                prefixes[node.name] = prefixes[above.pop()] + prefix_added(node)
                found = True
    return prefixes


def uses() -> Iterator[Use]:
    prefixes = known_errors() | {"sentence": ""}
    for file in FILES:
        for node in ast.walk(file.tree):
            match node:
                case ast.Call(args=[ast.Constant(value=str(key)), *_], keywords=keywords):
                    name = called_name(node)
                case _:
                    continue
            if name not in prefixes:
                continue
            passed_on = any(word.arg is None for word in keywords)
            values = frozenset(word.arg for word in keywords if word.arg) - {"lang"}
            where = f"{file.name}:{node.lineno}"
            yield Use(where, prefixes[name] + key, None if passed_on else values)


USES = list(uses())


def test_both_languages_have_the_same_keys() -> None:
    assert catalogue("zh").keys() == catalogue("en").keys()


def test_both_languages_fill_in_the_same_values() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert [key for key in zh if placeholders(zh[key]) != placeholders(en[key])] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_is_empty(lang: str) -> None:
    assert [key for key, text in catalogue(lang).items() if not text.strip()] == []


def test_a_key_asked_for_exists() -> None:
    assert USES
    assert [str(use) for use in USES if use.key not in catalogue("zh")] == []


def test_a_sentence_gets_the_values_it_names() -> None:
    lacking = [
        f"{use} {sorted(lacks)}"
        for use in USES
        if use.values is not None
        and (lacks := placeholders(catalogue("zh").get(use.key, "")) - use.values)
    ]
    assert lacking == []


def whole_strings() -> set[str]:
    """Every string in the code that is not part of an f-string."""
    nodes = {node for file in FILES for node in ast.walk(file.tree)}
    parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    return {
        node.value
        for node in nodes - parts
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def key_beginnings() -> set[str]:
    """What stands before the first value of f-strings that make a key: `care.line_`."""
    found = set()
    for file in FILES:
        for node in ast.walk(file.tree):
            match node:
                case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                    if re.fullmatch(r"[a-z_]+\.[a-z_.]*", text):
                        found.add(text)
    # A stage's error class puts the stage's name before every key: that names none of them.
    return found - {prefix.removeprefix("error.") for prefix in known_errors().values()}


def test_every_sentence_is_used() -> None:
    """A key counts as used where the code asks for it, holds it, or makes it from a beginning."""
    asked = {use.key for use in USES}
    written, beginnings = whole_strings(), tuple(key_beginnings())

    def is_used(key: str) -> bool:
        names = {key, key.removeprefix("error.")}
        return (
            key in asked
            or not names.isdisjoint(written)
            or any(name.startswith(beginnings) for name in names)
        )

    assert [key for key in catalogue("zh") if not is_used(key)] == []


@pytest.mark.parametrize("other", ["谈话", "会话", "钥匙", "您"])
def test_one_thing_has_one_chinese_name(other: str) -> None:
    """A conversation is 对话, a key 密钥, the person 你."""
    assert [key for key, text in catalogue("zh").items() if other in text] == []


def test_three_full_stops_stand_for_an_english_ellipsis() -> None:
    """The character comes from a Chinese font here, which draws it in the middle of the line."""
    found = [key for key, text in catalogue("en").items() if "…" in text]
    shapes = ["not_guard_line", "not_json", "not_json_line"]
    assert sorted(found) == [f"error.input.{name}" for name in shapes]
