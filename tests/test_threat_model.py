"""The threat model names a test for each claim; the privacy page promises no more than it does."""

from __future__ import annotations

import ast
import re

import pytest

from desktop_app.vault.envelope import SlotKind
from resources.messages import catalogue
from tests.support.source_tree import ROOT

NAMED = re.findall(
    r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


LIMITS = {
    "freed memory": ("privacy.lock_means", "traces may stay", "留一阵子痕迹"),
    "keyring": ("privacy.protected_files", "only as far as your account", "要你的帐户本身安全"),
    "running": ("privacy.unprotected_programs", "Memory, swap", "内存、交换分区"),
    "one page": ("privacy.unprotected_disk", "one older page", "其中一页"),
}


@pytest.mark.parametrize("way", SlotKind)
def test_the_privacy_page_says_of_each_way_what_its_loss_costs(way: SlotKind) -> None:
    assert catalogue("en")[f"privacy.{way}_lost"].endswith("it stays closed")
    assert catalogue("zh")[f"privacy.{way}_lost"].endswith("就打不开了")


@pytest.mark.parametrize(("key", "en", "zh"), LIMITS.values(), ids=LIMITS)
def test_the_privacy_page_names_the_limit(key: str, en: str, zh: str) -> None:
    assert en in catalogue("en")[key]
    assert zh in catalogue("zh")[key]
