"""The threat model names a test for each claim: those tests exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.source_tree import ROOT

NAMED = re.findall(
    r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
