"""What import-linter cannot see: names, standard-library modules, versions."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.support.source_tree import ROOT, SourceFile, source_files

EVERY_FILE = pytest.mark.parametrize("file", source_files(), ids=lambda file: file.name)

# Modules of the standard library that open internet connections.
NETWORK_MODULES = {"ftplib", "http", "imaplib", "poplib", "smtplib", "socketserver", "xmlrpc"}
MAY_CONNECT: frozenset[str] = frozenset()  # a download after a person asked: none yet


def imported(file: SourceFile) -> set[str]:
    """Every module a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@EVERY_FILE
def test_opens_no_internet_connection(file: SourceFile) -> None:
    if file.name in MAY_CONNECT:
        return
    names = imported(file)
    assert {name.partition(".")[0] for name in names} & NETWORK_MODULES == set()
    assert "urllib.request" not in names
    assert "PySide6.QtNetwork" not in names
    assert re.search(r"\bAF_INET6?\b|create_connection|create_server", file.text) is None


@EVERY_FILE
def test_names_no_version_of_its_own(file: SourceFile) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "__version__" not in file.text
    assert f'"{version["version"]}"' not in file.text
