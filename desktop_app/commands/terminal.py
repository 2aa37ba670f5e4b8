"""Asking a person on the terminal device: standard input carries messages, never secrets."""

from __future__ import annotations

import os
from getpass import getpass
from pathlib import Path
from typing import Final

from desktop_app.errors import InputError

READ: Final = Path("CONIN$" if os.name == "nt" else "/dev/tty")
WRITE: Final = Path("CONOUT$" if os.name == "nt" else "/dev/tty")


def has_terminal() -> bool:
    """Tell whether there is a terminal device; a service or a cron job has none."""
    try:
        READ.open("rb", buffering=0).close()
    except OSError:
        return False
    return True


def ask_secret(prompt: str) -> str:
    """Return a line typed on the terminal device, which does not show it.

    Only where `has_terminal`: without a terminal getpass would read standard input.

    Raises:
        InputError: what was typed is no text.
        KeyboardInterrupt: Ctrl-C, or the end of the input instead of a line.
    """
    try:
        return getpass(prompt)
    except UnicodeDecodeError:  # it holds the bytes that were typed
        raise InputError("input.not_utf8") from None
    except EOFError:
        raise KeyboardInterrupt from None


def ask(prompt: str) -> str:
    """Return a line typed on the terminal device; empty at the end of the input."""
    with WRITE.open("wb", buffering=0) as screen, READ.open("rb", buffering=0) as keys:
        screen.write(prompt.encode())
        return keys.readline().decode(errors="replace").strip()
