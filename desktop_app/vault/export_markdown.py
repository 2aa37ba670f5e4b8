"""Conversations as Markdown that looks as it was said, and makes no viewer load anything.

A person's text is shown sign for sign: nothing in it becomes a heading, a list, a link. A reply
keeps its own emphasis and lists, inside a quotation, where nothing it leaves open reaches beyond
it; images, HTML and diagrams, which a viewer might fetch from the network, are shown as text. In
code, too, where the entities stay to be seen: viewers differ in what they take for code.
Escapes are CommonMark 0.31, sections 2.4 and 2.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from desktop_app.dialogue import Role
from desktop_app.vault.carried import CarriedSession
from desktop_app.vault.export_labels import ending, heading, moment, speaker
from resources.messages import sentence

SIGNS: Final = re.compile(r"[\\`*_\[\]<>&~|$^]|(?<=\w):(?=//)")
FIRST_SIGN: Final = re.compile(r"^([#+\-=@:]|\d{1,9}(?=[.)]))", re.MULTILINE)
BLANKS: Final = re.compile(r"^[ \t]+", re.MULTILINE)
INSIDE: Final = r"^((?:[ \t>*+-]|\d{1,9}[.)])*)"
"""What stands before the first sign of a block in lists and quotations."""
DIAGRAM: Final = re.compile(INSIDE + r"(?:(`{3,})[^`\n]*|(~{3,}).*)$", re.MULTILINE)
"""The fence of a code block, whose word some viewers hand to a program of their own."""
IMPORT: Final = re.compile(INSIDE + r"@(?=\w)", re.MULTILINE)


def as_markdown(sessions: Iterable[CarriedSession]) -> str:
    """Return conversations along the path that is shown."""
    lines = [f"# {sentence('export.title')}", "", sentence("export.notice"), ""]
    for session in sessions:
        lines += [f"## {literal(heading(session))}", ""]
        for turn in session.shown():
            said = f"**{speaker(turn)}** {moment(turn.created)} {ending(turn)}"
            text = harmless(turn.content) if turn.role is Role.ASSISTANT else literal(turn.content)
            lines += [said.rstrip(), "", text, ""]
    return "\n".join(lines)


def literal(text: str) -> str:
    """Return text that shows every sign as it was written; lines stay lines."""
    signs = SIGNS.sub(lambda sign: f"\\{sign[0]}", _lines(text))
    signs = FIRST_SIGN.sub(_first_escaped, signs)
    return BLANKS.sub(lambda blanks: "&nbsp;" * len(blanks[0]), signs).replace("\n", "  \n")


def harmless(text: str) -> str:
    """Return a reply as a quotation in which Markdown counts and nothing is loaded."""
    # Entities and not backslashes: a backslash before a backslash of the reply would undo it.
    quiet = _lines(text).replace("<", "&lt;").replace("![", "!&#91;")
    quiet = IMPORT.sub(r"\1&#64;", DIAGRAM.sub(r"\1\2\3", quiet))
    return "> " + quiet.replace("\n", "  \n> ")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_escaped(sign: re.Match[str]) -> str:
    """Return a first sign that begins no block; of a number, the point behind it is escaped."""
    return f"{sign[0]}\\" if sign[0].isdigit() else f"\\{sign[0]}"
