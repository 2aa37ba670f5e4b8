"""A passphrase on its way from a person to where it is used, without a trace in between."""

from __future__ import annotations


class TypedSecret:
    """Is given out once. Whoever hands it on and then waits for somebody holds it no more."""

    def __init__(self, text: str) -> None:
        self._text = text

    def take(self) -> str:
        """Return it; an empty text the next time."""
        text, self._text = self._text, ""
        return text
