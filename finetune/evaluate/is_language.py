"""Whether a reply is language at all, and the person's: script, known words, nothing said thrice.

Known are the characters and words of the program's own sentences and of the conversations the
models are measured with; no list of the guard is among them.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from importlib import resources
from typing import Final

from resources.messages import LANGUAGES, Language, catalogue, language_of

HAN: Final = re.compile(r"[\u3400-\u9fff]")
WORD: Final = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
TEXTS: Final = (
    ("models", "conversations.md"),
    ("crisis_protocol", "en.md"),
    ("crisis_protocol", "zh.md"),
    ("exercises.toml",),
)
KNOWN_HAN: Final = 0.85
KNOWN_WORDS: Final = 0.6
"""English bends its words and the sentences are few: a quarter of a good reply can be unknown."""
FRAGMENT: Final[dict[Language, int]] = {"zh": 4, "en": 4}
"""Characters of Chinese, words of English; said three times it is a loop."""
TOO_OFTEN: Final = 3


def is_language(said: str, text: str) -> bool:
    """Tell whether `text` is a sentence in the language that `said` is in."""
    return scripts_agree(said, text) and is_known(text) and not loops(text)


def scripts_agree(said: str, text: str) -> bool:
    """Tell whether `text` is written as a person writes who said `said`."""
    han, words = len(HAN.findall(text)), len(WORD.findall(text))
    return han > words if language_of(said) == "zh" else words > han


def is_known(text: str) -> bool:
    """Tell whether most of the characters, or words, of `text` occur in known sentences."""
    characters, words = _known()
    if language_of(text) == "zh":
        found = HAN.findall(text)
        return sum(each in characters for each in found) >= KNOWN_HAN * len(found)
    spoken = [each.casefold() for each in WORD.findall(text)]
    return sum(each in words for each in spoken) >= KNOWN_WORDS * len(spoken)


def loops(text: str) -> bool:
    """Tell whether a fragment of `text` comes again and again."""
    language = language_of(text)
    parts = HAN.findall(text) if language == "zh" else WORD.findall(text.casefold())
    long = FRAGMENT[language]
    counted = Counter(tuple(parts[at : at + long]) for at in range(len(parts) - long + 1))
    return max(counted.values(), default=0) >= TOO_OFTEN


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    texts = [text for each in LANGUAGES for text in catalogue(each).values()]
    folder = resources.files("resources")
    texts += [folder.joinpath(*name).read_text(encoding="utf-8") for name in TEXTS]
    whole = "\n".join(texts)
    return frozenset(HAN.findall(whole)), frozenset(map(str.casefold, WORD.findall(whole)))
