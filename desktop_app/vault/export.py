"""Conversations as a file others can read: Markdown, JSON, HTML. It is not encrypted, and says so.

Markdown and HTML hold the path that is shown; JSON holds every version, and can be read back
(import_file.py). A PDF is made where Qt is (views/export_pdf.py).
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum, auto
from pathlib import Path
from typing import Any, Final

from desktop_app.new_file import new_file
from desktop_app.vault.carried import CarriedSession, CarriedTurn
from desktop_app.vault.errors import TransferError, disk_error
from desktop_app.vault.export_labels import ending, heading, moment, speaker
from desktop_app.vault.export_markdown import as_markdown
from resources.messages import language, sentence

FORMAT: Final = "soulchat-conversations"
VERSION: Final = 1
PIECE: Final = 1 << 20
STYLE: Final = """
body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 1em/1.7 sans-serif; }
h2 { margin-top: 3em; } .time, .state { color: #675d53; font-size: .8em; }
.turn { border-radius: 1em; padding: .5em 1em; margin: .8em 0; background: #f3ece2; }
.user { background: #dcebe3; margin-left: 3em; } .text { white-space: pre-wrap; }
"""


class Form(StrEnum):
    """What an exported file is; its value is also the file's ending."""

    MD = auto()
    JSON = auto()
    HTML = auto()


def exported(sessions: Iterable[CarriedSession], form: Form) -> str:
    """Return conversations as one text of `form`."""
    match form:
        case Form.JSON:
            return _json(sessions)
        case Form.HTML:
            return _html(sessions)
        case Form.MD:
            return as_markdown(sessions)


def write_export(
    path: Path,
    content: bytes,
    check: Callable[[], None] = lambda: None,
    last: Callable[[], None] = lambda: None,
) -> None:
    """Write an export into a new file for its owner alone.

    Args:
        path: that of the file.
        content: what will be in it.
        check: called between two pieces; what it raises ends it.
        last: called when it is on the disk and has no name yet; what it raises removes it.

    Raises:
        TransferError: there is a file of that name.
        VaultError: the disk is full, …; there is no file of that name.
    """
    try:
        with new_file(path, last) as file:
            for start in range(0, len(content), PIECE):
                check()
                file.write(content[start : start + PIECE])
    except FileExistsError as error:
        raise TransferError("transfer.exists", path=path) from error
    except OSError as error:
        raise disk_error(error, path) from error


def _html(sessions: Iterable[CarriedSession]) -> str:
    """Return a page that loads nothing; every character a person or a model wrote is text."""
    title = html.escape(sentence("export.title"))
    parts = [
        f'<!doctype html>\n<html lang="{language()}"><head><meta charset="utf-8">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1>\n<p>{html.escape(sentence('export.notice'))}</p>",
    ]
    for session in sessions:
        parts.append(f"<h2>{html.escape(heading(session))}</h2>")
        parts += [_html_turn(turn) for turn in session.shown()]
    return "\n".join([*parts, "</body></html>", ""])


def _html_turn(turn: CarriedTurn) -> str:
    who, state = html.escape(speaker(turn)), html.escape(ending(turn))
    return (
        f'<div class="turn {turn.role}"><div class="time">{who} {moment(turn.created)}</div>'
        f'<div class="text">{html.escape(turn.content)}</div>'
        f'<div class="state">{state}</div></div>'
    )


def _json(sessions: Iterable[CarriedSession]) -> str:
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "notice": sentence("export.notice"),
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
        "sessions": [_plain(session) for session in sessions],
    }
    return json.dumps(plain, ensure_ascii=False, indent=1) + os.linesep


def _plain(session: CarriedSession) -> dict[str, Any]:
    turns = [
        {
            "role": turn.role,
            "content": turn.content,
            "state": turn.state,
            "created": turn.created,
            "after": turn.after,
            "chosen": turn.chosen,
        }
        for turn in session.turns
    ]
    return {
        "id": session.id,
        "title": session.title,
        "created": session.created,
        "turns": turns,
    }
