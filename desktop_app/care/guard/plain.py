"""The plain words behind a message: folded, with what hides a word from a filter undone.

Undone are invisible characters, characters pulled apart ("自 杀", "k i l l"), leet and stars
("su1c1de", "k*ll"), long letters ("diiie"), homophones, initials and pinyin, Cantonese words and
English slang. The result is for matching and for the classifier; nobody reads it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from desktop_app.care.guard.data import HAN, LATIN, table
from desktop_app.text import fold

APOSTROPHES: Final = re.compile(r"(?<=[a-z])['’‘`´](?=[a-z])")
LONE_HAN: Final = re.compile(rf"(?<=[{HAN}])[\s.*_\-/|·~+^]{{1,2}}(?=[{HAN}](?![{HAN}]))")
"""What stands before a character that stands alone."""
PULLED_HAN: Final = re.compile(rf"(?<=[{HAN}])[.*_\-/|·~+^]{{1,3}}(?=[{HAN}])")
PULLED_LATIN: Final = re.compile(
    r"(?<![a-z0-9])(?:[a-z0-9@$!][\s.*_\-/|·~]){3,}[a-z0-9](?![a-z0-9])"
)
LONG: Final = re.compile(rf"([a-z{HAN}])\1{{2,}}")
TOKEN: Final = re.compile(r"[a-z0-9@$!*#]+")
LEET: Final = str.maketrans("1!034@5$7", "iioeaasst")
STARRED: Final = re.compile(r"[*#]")
TWICE: Final = re.compile(r"([a-z])\1+")
PINYIN_TOKEN: Final = re.compile(r"[a-z]+")
PINYIN_ENOUGH: Final = 3
GLUED: Final = range(8, 61)
"""Letters of a token that may be pinyin without blanks."""


def plain(text: str) -> str:
    """Return `text` folded and without disguise."""
    folded = "".join(
        c for c in fold(text) if unicodedata.category(c) not in {"Cf", "Mn", "Cc"} or c == "\n"
    )
    folded = APOSTROPHES.sub("", folded)
    folded = PULLED_HAN.sub("", LONE_HAN.sub("", folded))
    folded = PULLED_LATIN.sub(lambda found: re.sub(r"[\s.*_\-/|·~]", "", found.group()), folded)
    folded = LONG.sub(r"\1\1", folded)
    folded = TOKEN.sub(_word, folded)
    folded = _pinyin_undone(folded)
    for expression, word in _spellings(not folded.isascii(), LATIN.search(folded) is not None):
        folded = expression.sub(word, folded)
    return folded


def _word(found: re.Match[str]) -> str:
    """Return the word of the list that a token hides, else the token."""
    token = found.group()
    words, squeezed = _words()
    if token.isdigit() or token in words:
        return token
    if token.isalpha():
        return squeezed.get(_squeezed(token), token) if TWICE.search(token) else token
    bare = token.strip("*#")
    if STARRED.search(bare):
        hidden = re.compile(STARRED.sub("[a-z]", bare))
        return next((word for word in words if hidden.fullmatch(word)), token)
    for spelt in (token.translate(LEET), token.replace("1", "l").translate(LEET)):
        for candidate in (spelt, spelt.rstrip("i")):  # a closing "!" is no letter
            if candidate in words:
                return candidate
    return token


def _squeezed(word: str) -> str:
    return TWICE.sub(r"\1", word)


@cache
def _words() -> tuple[tuple[str, ...], dict[str, str]]:
    words = tuple(table("spelling")["words"]["plain"].split())
    return words, {_squeezed(word): word for word in words}


@cache
def _spellings(chinese: bool, latin: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what is undone in a text that holds these scripts, in order."""
    spelling = table("spelling")
    pairs = list(spelling["dialect"].items()) if chinese else []
    pairs += spelling["hidden"].items()
    if latin:
        whole = r"(?<![a-z0-9])(?:{})(?![a-z0-9])"
        pairs += [(word, whole.format(spelt)) for word, spelt in spelling["slang"].items()]
    return tuple((re.compile(expression), word.strip()) for word, expression in pairs)


@cache
def _syllables() -> tuple[re.Pattern[str], dict[str, str], frozenset[str]]:
    table_of = {
        spelt: word
        for word, spellings in table("spelling")["pinyin"].items()
        for spelt in spellings.split("|")
    }
    longest = sorted(table_of, key=len, reverse=True)
    expression = re.compile(rf"(?<![a-z])(?:{'|'.join(longest)})(?![a-z])")
    single = frozenset(part for spelt in table_of for part in spelt.split())
    return expression, table_of, single


def _pinyin_undone(text: str) -> str:
    """Return `text` with pinyin as characters, if most of its Latin words are pinyin."""
    expression, words, single = _syllables()
    apart = PINYIN_TOKEN.sub(lambda found: _apart(found.group(), single), text)
    tokens = PINYIN_TOKEN.findall(apart)
    known = sum(token in single for token in tokens)
    if known < PINYIN_ENOUGH or known * 2 < len(tokens):
        return text
    undone = expression.sub(lambda found: words[found.group()], apart)
    return re.sub(rf"(?<=[{HAN}]) +(?=[{HAN}])", "", undone)


def _apart(token: str, single: frozenset[str]) -> str:
    """Return a long token that is nothing but pinyin with blanks in it, any other as it is."""
    if len(token) not in GLUED:
        return token
    parts = sorted((part for part in single if len(part) > 1), key=len, reverse=True)
    cut = {0: ""}  # what was cut off, by where it ends
    for at in range(len(token)):
        if at in cut:
            for part in parts:
                if token.startswith(part, at):
                    cut.setdefault(at + len(part), f"{cut[at]} {part}".strip())
    return cut.get(len(token), token)
