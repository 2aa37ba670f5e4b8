"""Words as the index holds them, and what a person types turned into a question to it.

Chinese puts no blanks between words, so each ideograph, kana, hangul syllable and pictograph is
a word of its own and a longer word is a phrase: 睡不着 is found by 睡, by 不着, and not by 睡着.
C++ and c# are words of their own, and so is a face like :). Of :D and <3 the sign is one and what
follows is another, for that may be an answer or a number: 9<3. Other signs part words and are none.
All of it is decided here; SQLite's tokenizer only parts words at the blanks put between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from desktop_app.text import fold

SINGLES: Final = (
    r"\u2190-\u2bff"  # arrows, signs, dingbats
    r"\u3040-\u30ff"  # kana
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs
    r"\uac00-\ud7af"  # hangul
    r"\U0001f000-\U0001faff"  # pictographs
)
LETTER: Final = rf"[^\W_{SINGLES}]"
SUFFIX: Final = "[+#]"
"""Signs that belong to the letters or digits they follow."""
FACE: Final = rf"</?(?=3(?!{LETTER}))|[:;=]-?(?:[()\[\]*/\\|]+|(?=[dp](?!{LETTER})))|[>^][_.]*[<^]"
WORD: Final = re.compile(rf"[{SINGLES}]|{LETTER}+{SUFFIX}*|{FACE}")
SINGLE: Final = re.compile(rf"[{SINGLES}]")
BEGINS_WORD: Final = re.compile(LETTER)
SPELLED: Final = {code: 0xE000 + code for code in range(0x21, 0x7F) if not chr(code).isalnum()}
"""Signs as the index spells them: its tokenizer takes only ASCII's letters and digits for words.
What stands for them is no letter, so that no text can hold such a word otherwise."""
TERM: Final = re.compile(r'["“”„«»「『]([^"“”«»「」『』]*)["“”«»」』]|(\S+)')
"""A phrase in quotation marks of any kind, or what stands between blanks."""

LONGEST_QUERY: Final = 200
"""Characters; what is pasted beyond them is not looked for."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that have to stand side by side."""

    words: tuple[str, ...] = field(repr=False)
    unfinished: bool = False
    """The last word may go on: "sle" finds "sleep"."""

    def match(self) -> str:
        """Return the term in the language of FTS5; its words hold nothing that means anything."""
        words = " ".join(self.words).translate(SPELLED)
        return f'"{words}"' + (" *" if self.unfinished else "")

    def places(self, folded: str, begin: int = 0) -> Iterator[tuple[int, int]]:
        """Yield where the term stands in a folded text from `begin` on, as begin and end."""
        while (first := folded.find(self.words[0], begin)) >= 0:
            end = self._end(folded, first)
            if end is not None:
                yield first, end
            begin = end or first + 1

    def _end(self, folded: str, first: int) -> int | None:
        """Return where the term ends if it begins at `first`; None where it does not."""
        if first and _is_letters(self.words[0]) and BEGINS_WORD.match(folded, first - 1):
            return None  # in the middle of a word
        *head, last = self.words
        at = first
        for word in head:
            there = WORD.match(folded, at)
            if there is None or there.group() != word:
                return None
            following = WORD.search(folded, there.end())
            if following is None:
                return None
            at = following.start()
        there = WORD.match(folded, at)
        if there is None:
            return None
        fits = there.group() == last or (self.unfinished and there.group().startswith(last))
        return there.end() if fits else None


def indexed(text: str) -> str:
    """Return the words of `text` with blanks between them."""
    return " ".join(WORD.findall(fold(text))).translate(SPELLED)


def terms(query: str) -> tuple[Term, ...]:
    """Return what a person asks for; all of it has to be found. Nothing, where no word is."""
    found = []
    for quoted, bare in TERM.findall(query[:LONGEST_QUERY]):
        folded = fold(quoted or bare)
        words = tuple(WORD.findall(folded))
        if words:
            # What a sign follows has been written to its end.
            goes_on = bare and _is_letters(words[-1]) and folded.endswith(words[-1])
            found.append(Term(words, unfinished=bool(goes_on)))
    return tuple(found)


def _is_letters(word: str) -> bool:
    return BEGINS_WORD.match(word) is not None
