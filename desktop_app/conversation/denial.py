"""Whether a text denies what another affirms, or affirms what the other denies.

A text is taken in thoughts, and a thought in words of content: Chinese characters, Latin words by
their stem, none of them a word of telling. A word of denial holds for those behind it in the same
thought. Which words those are, and which begin another thought, is data.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from desktop_app.text import fold
from resources.prompting import prompts

STEM: Final = 5
"""Letters by which two forms of an English word are taken for one."""
_LATIN: Final = r"[a-z]+(?:['’][a-z]+)?"
_CONTENT: Final = re.compile(rf"{_LATIN}|[\u3400-\u9fff]")
_END: Final = r"\n|[^\w\s、'’\"“”-]"
_ENDING: Final = re.compile(r"(?<=[a-z]{3})(?:ing|ed|e?s)$")


@dataclass(slots=True)
class _Word:
    text: str
    denied: set[bool]
    """What a denial may mean or not is so and is not."""
    first: bool
    """It stands right behind a denial."""


def contradicts(summary: str, said: str) -> bool:
    """Tell whether `summary` denies what is only affirmed in `said`, or affirms what is denied.

    What `said` does not mention is no contradiction.
    """
    told, heard = _Content(summary), _Content(said)
    count = told.whole | heard.whole
    return any(
        not ways & heard.denied[unit]
        for unit, ways in told.denied.items()
        if unit in heard.denied and (unit in count or len(unit) > 1)
    )


class _Content:
    """Words and pairs of neighbours, each as it is denied or not anywhere in a text."""

    def __init__(self, text: str) -> None:
        self.denied: dict[str, set[bool]] = defaultdict(set)
        self.whole: set[str] = set()
        """Single Chinese characters that stand for a word: right behind a denial, or alone."""
        for thought in _thoughts(fold(text)):
            for at, word in enumerate(thought):
                self.denied[word.text] |= word.denied
                if at:
                    self.denied[thought[at - 1].text + word.text] |= word.denied
                if word.first or len(thought) == 1:
                    self.whole.add(word.text)


def _thoughts(folded: str) -> Iterator[list[_Word]]:
    thought: list[_Word] = []
    denied = first = False
    for part in _parts().finditer(folded):
        match part.lastgroup:
            case "end":
                yield thought
                thought, denied, first = [], False, False
            case "denial" | "denial_of_before" as kind:
                for word in thought[-2:]:  # a Chinese object may stand before what denies it
                    word.denied |= {True, False}
                denied = first = denied or kind == "denial"
            case _:
                for text in _words(part[0]):
                    thought.append(_Word(text, {denied}, first))
                    first = False
    yield thought


def _words(text: str) -> Iterator[str]:
    common, telling = _common()
    for word in _CONTENT.findall(text):
        if not word.isascii():
            if word not in common:
                yield word
        elif len(word) > 2 and word not in telling:
            yield _ENDING.sub("", word)[:STEM]


@cache
def _parts() -> re.Pattern[str]:
    """Return what a text is taken apart by; the first that fits counts."""
    words = prompts("summary")["denial"]
    return re.compile(
        rf"(?P<end>{_END}|{words['another_thought']})|(?P<no_denial>{words['none']})"
        rf"|(?P<denial_of_before>{words['of_before']})|(?P<denial>{words['words']})"
        rf"|(?P<content>{_CONTENT.pattern})"
    )


@cache
def _common() -> tuple[frozenset[str], frozenset[str]]:
    common = prompts("summary")["common"]
    return frozenset(common["characters"]), frozenset(common["words"])
