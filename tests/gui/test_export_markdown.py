"""Exported Markdown in a viewer that understands it all, HTML and images too: Qt's own."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextBlock, QTextDocument

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.export_markdown import as_markdown

pytestmark = [pytest.mark.gui, pytest.mark.usefixtures("qapp")]


class Viewer(QTextDocument):
    """A viewer that notes what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        self.size()  # laid out: images are asked for now

    def loadResource(self, _kind: int, name: QUrl | str) -> Any:
        self.fetched.append(str(name))


def is_code(block: QTextBlock) -> bool:
    return block.blockFormat().nonBreakableLines()


def viewed(role: Role, said: str, *after: str) -> Viewer:
    turns = [CarriedTurn(role, said)]
    turns += [CarriedTurn(Role.USER, text, after=place) for place, text in enumerate(after)]
    return Viewer(as_markdown([CarriedSession("a", tuple(turns), "标题")]))


@pytest.mark.parametrize("role", [Role.USER, Role.ASSISTANT])
@pytest.mark.parametrize(
    "said",
    [
        "![x](http://example.org/a.png)",
        "![x]\n\n[x]: http://example.org/a.png",
        '<img src="http://example.org/a.png">',
        "\\<img src=http://example.org/a.png>",
        "\\![x](http://example.org/a.png)",
        "一句\n\n<p><img src='http://example.org/a.png'></p>",
        "- [![x](http://example.org/a.png)](http://example.org)",
    ],
)
def test_nothing_is_fetched(role: Role, said: str) -> None:
    assert viewed(role, said).fetched == []


@pytest.mark.parametrize(
    "said",
    [
        "*一* **二** _三_ `四` ~~五~~ [六](http://example.org) ![七](x) &lt; <b>八</b> | 九 | $x$",
        "# 一",
        "> 一",
        "- 一",
        "+ 一",
        "1. 一",
        "1) 一",
        "一\n===",
        "一\n---",
        "***",
        "```\n一\n```",
        "~~~\n一",
        "[x]: http://example.org",
        "C:\\一\\*",
        "@import 一",
    ],
)
def test_a_persons_text_is_shown_sign_for_sign(said: str) -> None:
    shown = viewed(Role.USER, said).toPlainText().replace("\u2028", "\n")

    assert shown.endswith(f"\n{said}")


def test_blanks_before_a_line_make_no_code_of_it() -> None:
    viewer = viewed(Role.USER, "一\n\n    二")

    assert not is_code(viewer.lastBlock())
    assert viewer.toPlainText().endswith("\n    二")


def test_a_reply_keeps_its_emphasis_and_its_lists() -> None:
    viewer = viewed(Role.ASSISTANT, "**一**\n\n- 二")

    assert "**" not in viewer.toPlainText()
    assert viewer.lastBlock().textList() is not None


@pytest.mark.parametrize("left_open", ["```\n一", "<!-- 一", "- 一\n  - 二", "> 一"])
def test_what_a_reply_leaves_open_ends_with_it(left_open: str) -> None:
    viewer = viewed(Role.ASSISTANT, left_open, "后来说的")

    last = viewer.lastBlock()
    assert last.text() == "后来说的"
    assert last.textList() is None
    assert not is_code(last)
    assert "**" not in viewer.toPlainText()


@pytest.mark.parametrize("fence", ["```mermaid", "~~~ plantuml", "- ```mermaid", "1. > ```dot"])
def test_no_program_is_named_to_draw_a_replys_code(fence: str) -> None:
    turn = CarriedTurn(Role.ASSISTANT, f"{fence}\na\n```")

    assert fence[-7:] not in as_markdown([CarriedSession("a", (turn,), "标题")])
