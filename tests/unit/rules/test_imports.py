"""What import-linter cannot see: names, standard-library modules, versions."""

from __future__ import annotations

import ast
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.source_tree import ROOT, source_files

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whatever can open an internet connection, of the standard library and beside it.
NETWORK_MODULES = (
    *("_socket", "_ssl", "aiohttp", "asyncio", "ftplib", "http", "httpcore", "httpcore2", "httpx"),
    *("httpx2", "huggingface_hub", "imaplib", "poplib"),
    *("PySide6.QtNetwork", "requests", "smtplib", "socket", "socketserver", "ssl", "urllib"),
    *("urllib3", "webbrowser", "xmlrpc"),
)
MAY_CONNECT = frozenset({"desktop_app/models/download.py"})  # after a person asked
LOADS_NONE_ITSELF = frozenset({"urllib.parse"})  # takes addresses apart
UNREADABLE = "a name made at run time"


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module a file imports, anywhere in it, by statement or by name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                yield module
                yield from (f"{module}.{alias.name}" for alias in aliases)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[name, *_],
            ):
                yield name.value if isinstance(name, ast.Constant) else UNREADABLE


def connecting(tree: ast.Module) -> set[str]:
    """Return the imports that could open a connection, or could be of anything."""
    roots = tuple(f"{module}." for module in (*NETWORK_MODULES, UNREADABLE))
    return {
        name
        for name in imported(tree)
        if f"{name}.".startswith(roots)
        and name.rpartition(".")[0] not in LOADS_NONE_ITSELF
        and name not in LOADS_NONE_ITSELF
    }


def test_none_opens_an_internet_connection() -> None:
    files = [file for file in source_files() if file.name not in MAY_CONNECT]
    assert {file.name: found for file in files if (found := connecting(file.tree))} == {}


def test_the_process_that_may_is_started_and_never_imported() -> None:
    """What it loads would be in the process that holds the history."""
    module = "desktop_app.models.download"
    found = [file.name for file in source_files() if module in set(imported(file.tree))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import socket; socket.socket()",
        "import urllib.request as u",
        "from http import client",
        "def later():\n    from requests import get",
        "from PySide6 import QtNetwork",
        "import importlib; importlib.import_module('ssl')",
        "__import__(name)",
    ],
)
def test_an_import_that_could_connect_is_seen(source: str) -> None:
    assert connecting(ast.parse(source))


def test_an_import_that_cannot_is_not() -> None:
    assert not connecting(ast.parse("import json, socketless; from PySide6 import QtCore"))


def test_none_names_a_version_of_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = ("__version__", f'"{project["version"]}"')
    assert [file.name for file in source_files() if any(name in file.text for name in named)] == []
