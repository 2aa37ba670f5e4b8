from __future__ import annotations

import ast
import statistics
import sys

from tests.support.source_tree import ROOT, SourceFile, source_files

FILES = source_files()


def test_each_says_what_it_is_and_why_it_is_there() -> None:
    assert [file.name for file in FILES if not ast.get_docstring(file.tree)] == []


def test_each_is_one_idea_long() -> None:
    """Over 400 lines: split it, or say 'Long because …' in its docstring."""

    def has_reason(file: SourceFile) -> bool:
        return "long because" in (ast.get_docstring(file.tree) or "").lower()

    assert [file.name for file in FILES if file.lines > 400 and not has_reason(file)] == []


def test_the_median_file_has_at_most_120_lines() -> None:
    assert statistics.median(file.lines for file in FILES) <= 120


def test_each_has_a_name_of_its_own() -> None:
    def stem(file: SourceFile) -> str:
        return file.path.parent.name if file.path.stem == "__init__" else file.path.stem

    nobody_s = {"utils", "util", "helpers", "common", "misc", "manager"}
    assert [file.name for file in FILES if stem(file) in nobody_s] == []


def test_top_level_folders_shadow_no_module() -> None:
    # `packaging` is a library's name: as a plain folder it hides nothing.
    assert not (ROOT / "packaging" / "__init__.py").exists()
    for folder in ROOT.iterdir():
        if (folder / "__init__.py").exists():
            assert folder.name not in sys.stdlib_module_names


def test_annotations_are_not_evaluated() -> None:
    """`from __future__ import annotations` keeps heavy imports out of signatures."""

    def from_the_future(file: SourceFile) -> list[str]:
        return [
            alias.name
            for node in file.tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for alias in node.names
        ]

    more_than_a_docstring = [file for file in FILES if len(file.tree.body) > 1]
    without = [
        file.name for file in more_than_a_docstring if from_the_future(file) != ["annotations"]
    ]
    assert without == []


def test_no_method_is_missing_until_it_is_called() -> None:
    """A class that lacks one is for mypy to find: a protocol, or a union of those that have it."""

    def raised(file: SourceFile) -> set[str]:
        errors = (node.exc for node in ast.walk(file.tree) if isinstance(node, ast.Raise))
        return {ast.unparse(error).partition("(")[0] for error in errors if error is not None}

    assert [file.name for file in FILES if "NotImplementedError" in raised(file)] == []
