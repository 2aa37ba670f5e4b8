"""The project's own Python files, parsed once, for the tests that hold its rules."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("desktop_app", "convert", "finetune", "resources")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file: where it is, its lines and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path inside the project, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def docstrings(self) -> set[ast.Constant]:
        """Return the docstring nodes of the module, its classes and its functions."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                found.add(node.value)
        return found


@cache
def source_files(*packages: str) -> tuple[SourceFile, ...]:
    """Return the Python files of `packages`, by default of everything the wheel holds."""
    files = []
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            files.append(SourceFile(path, text, ast.parse(text, str(path))))
    return tuple(files)
