from __future__ import annotations

import ast
import statistics
import sys

import pytest

from tests.support.source_tree import ROOT, SourceFile, source_files

FILES = source_files()
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@EVERY_FILE
def test_says_what_it_is(file: SourceFile) -> None:
    assert ast.get_docstring(file.tree), "a file starts with what it is and why it is there"


@EVERY_FILE
def test_is_one_idea_long(file: SourceFile) -> None:
    reason = "long because" in (ast.get_docstring(file.tree) or "").lower()
    assert file.lines <= 400 or reason, (
        f"{file.lines} lines: split it, or say 'Long because …' in its docstring"
    )


def test_the_median_file_has_at_most_120_lines() -> None:
    assert statistics.median(file.lines for file in FILES) <= 120


@EVERY_FILE
def test_has_a_name_of_its_own(file: SourceFile) -> None:
    name = file.path.parent.name if file.path.stem == "__init__" else file.path.stem
    assert name not in {"utils", "util", "helpers", "common", "misc", "manager"}


def test_top_level_folders_shadow_no_module() -> None:
    # `packaging` is a library's name: as a plain folder it hides nothing.
    assert not (ROOT / "packaging" / "__init__.py").exists()
    for folder in ROOT.iterdir():
        if (folder / "__init__.py").exists():
            assert folder.name not in sys.stdlib_module_names


@EVERY_FILE
def test_annotations_are_not_evaluated(file: SourceFile) -> None:
    """`from __future__ import annotations` keeps heavy imports out of signatures."""
    if len(file.tree.body) <= 1:  # a docstring alone
        return
    imported = [
        alias.name
        for node in file.tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    assert imported == ["annotations"]
