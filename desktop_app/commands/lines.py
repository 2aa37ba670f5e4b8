"""Lines a person types at a prompt, or a script sends through a pipe."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Final

from desktop_app.commands.kill_ring import empty_kill_ring
from desktop_app.commands.stdin import as_text
from desktop_app.errors import InputError

WIPE: Final = "\x1b[H\x1b[2J\x1b[3J"
"""Home, erase the screen, erase what was scrolled off (ECMA-48; xterm's control sequences)."""


def read_line(prompt: str, draft: str = "") -> str | None:
    """Return the next line of standard input; None at its end, and at Ctrl-C on a prompt.

    `draft` stands on the line at first, where a terminal lets lines be edited.

    Raises:
        InputError: the line is not UTF-8.
    """
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _edited(prompt, draft)
    return read_unedited(prompt)


def read_unedited(prompt: str) -> str | None:
    """Return the next line as `read_line` does, from the terminal itself.

    No editor has a part in it, so no key brings back what was typed at another prompt.

    Raises:
        InputError: the line is not UTF-8.
    """
    if not sys.stdin.isatty():
        return as_text(sys.stdin.buffer.readline()) or None
    screen = sys.stdout if sys.stdout.isatty() else sys.stderr
    print(prompt, end="", file=screen, flush=True)
    try:
        line = as_text(sys.stdin.buffer.readline())
    except KeyboardInterrupt:
        line = ""
    if not line:
        print(file=screen)
    return line or None


def typed_so_far() -> str:
    """Return what stands on the line that is being edited."""
    editor = _editor()
    return "" if editor is None else str(editor.get_line_buffer())


def forget_lines() -> None:
    """Wipe the screen, what was scrolled off it, and the lines that a key would bring back."""
    editor = _editor()
    if editor is not None:
        editor.clear_history()
        empty_kill_ring(editor)
    if sys.stdout.isatty():
        print(WIPE, end="", flush=True)


def _editor() -> ModuleType | None:
    try:
        return importlib.import_module("readline")
    except ImportError:  # Windows' own console edits lines already
        return None


def _edited(prompt: str, draft: str) -> str | None:
    editor = _editor()
    if editor is not None and draft:
        editor.set_startup_hook(lambda: editor.insert_text(draft))
    try:
        return input(prompt)
    except UnicodeDecodeError:  # it holds the bytes that were typed
        raise InputError("input.not_utf8") from None
    except (EOFError, KeyboardInterrupt):
        print()
        return None
    finally:
        if editor is not None:
            editor.set_startup_hook()
