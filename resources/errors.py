"""The one error tree: is this the world or is it us?

SoulChatError
├── KnownError      the world's fault: one kind sentence and what to do (exit code 1)
│   └── …           each stage names its own in its errors.py
└── BugError        ours (exit code 70)
"""

from __future__ import annotations

from pathlib import Path

from resources.messages import Language, catalogue, language, sentence


class SoulChatError(Exception):
    """Root of everything this program raises on purpose."""


class KnownError(SoulChatError):
    """Something outside the program is wrong and a person can mend it.

    Carries a catalogue key and its values instead of text, so the same error reads in
    Chinese and in English. Values are file names, numbers and names of things; never what
    a person wrote.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def sentence(self, lang: Language | None = None) -> str:
        """Return the one sentence that says what is wrong and what to do."""
        return sentence(f"error.{self.key}", lang=lang, **self.values)

    def in_terminal(self) -> str:
        """Return the sentence with what a terminal adds: a command, where a window has a button."""
        said = self.sentence()
        added = f"in_terminal.{self.key}"
        if added not in catalogue(language()):
            return said
        words, full_stop = said[:-1], said[-1]
        return words + sentence(added, lang=None, **self.values) + full_stop

    def __str__(self) -> str:
        return self.sentence()


class BugError(SoulChatError):
    """A promise of our own was broken; the text is for whoever mends it.

    `place` is where, as `place_of` says it, when that was in another process.
    """

    def __init__(self, text: str, place: str | None = None) -> None:
        super().__init__(text)
        self.place = place


def place_of(error: BaseException) -> str:
    """Return where a bug showed itself: type, file and line; an exception's text may be private."""
    if isinstance(error, BugError) and error.place is not None:
        return error.place
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        where = f" {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return type(error).__name__ + where


EXIT_DONE, EXIT_KNOWN, EXIT_USAGE, EXIT_BUG = 0, 1, 2, 70
