"""Two streams: what was said or asked for goes to standard output, the rest to standard error.

So a conversation can be piped into a file, and what the program says about it is seen nevertheless.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from desktop_app.errors import KnownError
from resources.command import standard_output


def speak(text: str, end: str = "\n") -> None:
    """Print a part of the conversation, or what a person asked to see."""
    with standard_output():
        print(text, end=end, flush=True)


def tell(what: str | KnownError) -> None:
    """Print what a person should know: a sentence, or an error's."""
    print(what.in_terminal() if isinstance(what, KnownError) else what, file=sys.stderr, flush=True)


def print_json(plain: dict[str, Any], *, indent: int | None = None) -> None:
    """Print one object, in UTF-8 whatever the terminal speaks: programs read it.

    What of a file's name is no UTF-8 is written as JSON escapes, which Python reads back.
    """
    text = json.dumps(plain, ensure_ascii=False, indent=indent)
    with standard_output():
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()
