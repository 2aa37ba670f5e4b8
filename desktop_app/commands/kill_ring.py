"""What readline keeps of text that was cut from a line, pushed out of it.

Ctrl-Y would bring that text back. `clear_history` leaves it, and nothing that readline documents
empties it, but it has room for ten: what is cut next takes the place of the oldest.
Only GNU readline has these names; where one is missing, as in libedit, the text stays.

Source: kill.c (DEFAULT_MAX_KILLS) and readline.c (`_rl_last_command_was_kill`) of GNU readline 8.
"""

from __future__ import annotations

import ctypes
from types import ModuleType
from typing import Final

ROOM: Final = 10


def empty_kill_ring(editor: ModuleType) -> None:
    """Fill the ring of `editor`, the module readline, with blanks; no line may be being edited."""
    try:
        library = ctypes.CDLL(getattr(editor, "__file__", None))
        replace_line, cut = library.rl_replace_line, library.rl_kill_text
        goes_on = ctypes.c_int.in_dll(library, "_rl_last_command_was_kill")
    except (OSError, TypeError, AttributeError, ValueError):  # Windows knows no CDLL(None)
        return
    for _ in range(ROOM):
        replace_line(b" ", 1)
        goes_on.value = 0  # or it would be added to what was cut before
        cut(0, 1)
    goes_on.value = 0
    replace_line(b"", 1)
