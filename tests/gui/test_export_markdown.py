"""Exported Markdown in a viewer that understands it all, HTML and images too: Qt's own."""

from __future__ import annotations

import re
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


IMAGE = "<img src='http://example.org/a.png'>"


@pytest.mark.parametrize(
    "said",
    [
        f"[x](`) `a` {IMAGE} `",
        f"$`$ `a` {IMAGE} `",
        f"\\` {IMAGE} `",
        f"一 ` 二\n`{IMAGE}`",
        f"| 一 | 二 |\n|-|-|\n| `a | {IMAGE}` |",
        f"~~~\n```\n~~~\n{IMAGE}\n```",
        f"   ```\n```\n{IMAGE}\n```",
        f"- 一\n\n  ```\n一\n{IMAGE}\n  ```",
        f"> ```\n{IMAGE}\n> ```",
        f"```\n一\n```\n{IMAGE}\n```",
        f"$$\n```\n$$\n{IMAGE}\n```",
        f"```\n一\n\n{IMAGE}",
        f"http://example.org/` `a` {IMAGE} `",
    ],
)
def test_what_looks_like_code_and_is_none_fetches_nothing(said: str) -> None:
    assert viewed(Role.ASSISTANT, said).fetched == []
    # Nor in a viewer that understands more, or less, than this one.
    turn = CarriedTurn(Role.ASSISTANT, said)
    assert "<img" not in as_markdown([CarriedSession("a", (turn,), "标题")])


CODE = "if a < b and c &lt; d:\n    print('![x](y)', \"<b>\")  # 一\n@property\n"


@pytest.mark.parametrize("fence", ["```", "```python", "````", "  ```"])
def test_a_replys_code_is_shown_sign_for_sign(fence: str) -> None:
    blanks, signs = fence[: fence.index("`")], fence.strip("python")
    code = "".join(f"{blanks}{line}\n" for line in CODE.splitlines())

    viewer = viewed(Role.ASSISTANT, f"一 < 二\n{fence}\n{code}{signs}\n后来", "再说")

    assert CODE.strip() in viewer.toPlainText()
    assert "一 < 二" in viewer.toPlainText()
    assert viewer.fetched == []


def test_of_code_with_a_blank_line_all_is_shown_but_what_could_be_a_tag() -> None:
    """A viewer that knows no fences in a quotation would see the tag."""
    turn = CarriedTurn(Role.ASSISTANT, f"```\na < b <= c\n\n{IMAGE}\n```")

    said = as_markdown([CarriedSession("a", (turn,), "标题")])

    assert "a < b <= c" in said
    assert "<img" not in said


@pytest.mark.parametrize(
    "said", ["用 `a<b>` 和 `` x < ` ``。", "- `x<y`\n- `![一](二)`", "# `<b>`"]
)
def test_code_within_a_line_is_shown_sign_for_sign(said: str) -> None:
    viewer = viewed(Role.ASSISTANT, said)

    spans = re.findall(r"(?<!`)(`+)(?!`) ?(.+?) ?(?<!`)\1(?!`)", said)
    assert spans
    assert all(code in viewer.toPlainText() for _, code in spans)


def test_no_file_is_brought_in_by_code() -> None:
    turn = CarriedTurn(Role.ASSISTANT, '```\n@import "a.md"\n@media print\n```')

    said = as_markdown([CarriedSession("a", (turn,), "标题")])

    assert "@import" not in said
    assert "@media print" in said


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
