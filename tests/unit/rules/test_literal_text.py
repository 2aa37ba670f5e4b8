"""No sentence a person reads stands in code: it comes by key, in both languages."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.support.source_tree import SourceFile, source_files

if TYPE_CHECKING:
    from collections.abc import Iterator

CHINESE_WORDS = re.compile("[\u3400-\u9fff]")  # full stops and quotation marks are data
LETTERS = re.compile(r"[A-Za-z\u3400-\u9fff]{2}")

# Files whose Chinese is data no person is shown, and what it is.
ABOUT_CHINESE = {
    "convert/arch/chatglm.py": "the words between turns that ChatGLM2 was trained with",
    "convert/probes.py": "strings two tokenizers are compared on",
    "convert/verify.py": "prompts two implementations are compared on",
    "desktop_app/views/bench_faults.py": "a message that nobody reads",
    "desktop_app/conversation/summary_check.py": "how numbers are written",
    "desktop_app/text.py": "characters that search takes for one",
    "finetune/corpus/clean.py": "patterns the corpus is cleaned with",
    "finetune/labels.py": "patterns the corpus is labelled with, and the labels themselves",
}

# Calls that put their argument before a person's eyes.
SHOWN_CALLS = {
    "addAction",
    "addItem",
    "addMenu",
    "addTab",
    "print",
    "setAccessibleDescription",
    "setAccessibleName",
    "setInformativeText",
    "setPlaceholderText",
    "setStatusTip",
    "setText",
    "setTitle",
    "setToolTip",
    "setWhatsThis",
    "setWindowTitle",
    "showMessage",
    "QAction",
    "QCheckBox",
    "QGroupBox",
    "QLabel",
    "QPushButton",
    "QRadioButton",
}
SHOWN_KEYWORDS = {"help", "description", "epilog", "usage", "placeholderText", "toolTip"}


def strings(file: SourceFile) -> Iterator[ast.Constant]:
    docstrings = file.docstrings()
    for node in ast.walk(file.tree):
        match node:
            case ast.Constant(value=str()) if node not in docstrings:
                yield node


def is_literal_text(node: ast.expr) -> bool:
    """Whether the words of a string, or of an f-string's fixed parts, stand in the code."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(
        isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and LETTERS.search(part.value) is not None
        for part in parts
    )


def test_no_chinese_in_code() -> None:
    found = [
        f"{file.name}:{node.lineno}"
        for file in source_files()
        if file.name not in ABOUT_CHINESE
        for node in strings(file)
        if CHINESE_WORDS.search(node.value)
    ]
    assert found == []


def shown(call: ast.Call) -> list[ast.expr]:
    """Return what a call puts before a person's eyes."""
    values = [word.value for word in call.keywords if word.arg in SHOWN_KEYWORDS]
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in SHOWN_CALLS:
            values += call.args
        case ast.Attribute(attr="write", value=ast.Attribute(attr="stdout" | "stderr")):
            values += call.args
    return values


def test_what_is_shown_comes_by_key() -> None:
    found = [
        f"{file.name}:{value.lineno}"
        for file in source_files()
        for call in ast.walk(file.tree)
        if isinstance(call, ast.Call)
        for value in shown(call)
        if is_literal_text(value)
    ]
    assert found == []
