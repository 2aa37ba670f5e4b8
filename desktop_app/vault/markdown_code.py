"""What of a reply every viewer takes for code, where nothing is markup and every sign is shown.

There it may stand as it was said; where a viewer might see no code, what it says must be made
harmless like other text. So code is only what is code without a doubt: blocks between two fences,
and spans that end in their line. Whatever could end either elsewhere (a link that holds a fence's
signs, a formula, a table, a container, a fence that another might enclose) leaves it text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final


class Kind(Enum):
    """What a piece of a reply is."""

    TEXT = auto()
    CODE = auto()
    LONG_CODE = auto()
    """Code to CommonMark. Other viewers know no fences in a quotation, and end a span at a blank
    line, or where its signs come again."""


Piece = tuple[Kind, str]

OPENING: Final = re.compile(r"( {0,3})(`{3,})[^`]*")
FENCE: Final = re.compile(r"(?:[ \t>*+-]|\d{1,9}[.)])*(?:`{3}|~{3})")
"""One of any kind, in lists and quotations too."""
ELSEWHERE: Final = re.compile(r"\$\$|\\\[|\\begin|%%|:::|\{%")
"""What may begin a block in which a fence is none."""
FLEETING: Final = re.compile(r"[\\$~^|{}@\[\]]|%%|://|www\.", re.IGNORECASE)
"""What may take a sign of a span for its own."""
SIGNS: Final = re.compile("`+")


def pieces(text: str) -> list[Piece]:
    """Return a reply in pieces that make it up; all of it is text where anything is doubtful."""
    lines = _lines(text)
    found: list[Piece] = []
    said: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].rstrip("\n")
        opening = OPENING.fullmatch(line)
        if opening is None:
            if FENCE.match(line) or ELSEWHERE.search(line):
                return [(Kind.TEXT, text)]
            said.append(lines[at])
            at += 1
            continue
        end = _end(lines, at + 1, len(opening[1]), len(opening[2]))
        if end is None:
            return [(Kind.TEXT, text)]
        found += [*_spans("".join(said)), (Kind.TEXT, lines[at])]
        found.append(_block("".join(lines[at + 1 : end])))
        found.append((Kind.TEXT, lines[end]))
        said, at = [], end + 1
    return [*found, *_spans("".join(said))]


def _lines(text: str) -> list[str]:
    # Not `splitlines`, which knows more ends of lines than Markdown does.
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _end(lines: list[str], first: int, indent: int, signs: int) -> int | None:
    """Return where the block ends; None where it does not, or might end elsewhere."""
    closing = re.compile(rf"([ \t]*)`{{{signs},}}[ \t]*")
    for at in range(first, len(lines)):
        line = lines[at].rstrip("\n")
        found = closing.fullmatch(line)
        if found is not None:
            return at if found[1] == " " * indent else None
        if line.strip(" \t") and not line.startswith(" " * indent):
            return None  # the list it stands in ends, and it with that
    return None


def _block(code: str) -> Piece:
    is_long = "```" in code or not all(line.strip() for line in code.split("\n")[:-1])
    return (Kind.LONG_CODE if is_long else Kind.CODE, code)


def _spans(text: str) -> Iterator[Piece]:
    """Yield text between blocks: a paragraph after the other, in which spans are looked for."""
    for paragraph in re.split(r"(?<=\n)(?=[ \t]*\n)", text):
        yield from _spans_in(paragraph)


def _spans_in(paragraph: str) -> list[Piece]:
    """Return a paragraph whose spans end in their lines each; else, and in doubt, it is text."""
    found: list[Piece] = []
    for line in _lines(paragraph):
        rest = 0
        while opening := SIGNS.search(line, rest):
            closing = next(
                (each for each in SIGNS.finditer(line, opening.end()) if each[0] == opening[0]),
                None,
            )
            if closing is None:
                return [(Kind.TEXT, paragraph)]
            found.append((Kind.TEXT, line[rest : opening.start()]))
            found.append((Kind.CODE, line[opening.start() : closing.end()]))
            rest = closing.end()
        found.append((Kind.TEXT, line[rest:]))
    between = "".join(piece for kind, piece in found if kind is Kind.TEXT)
    in_a_table = any("|" in piece for _, piece in found)
    return [(Kind.TEXT, paragraph)] if in_a_table or FLEETING.search(between) else found
