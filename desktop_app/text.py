"""One form for the spellings of a text: width, case, accents, kana, traditional and simplified.

Unicode's NFKD makes full-width letters half-width and takes accents off their letters, where they
are left out: "café" is "cafe". Case folding makes "Ａ" and "a" one, and OpenCC's table of single
characters makes 慮 and 虑 one. Single characters, because a rule for whole words could give two
answers for one character, and a search for it would miss. カ is か; が, another sound, is not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

IDEOGRAPHS: Final = (0x3400, 0xA000)
"""The planes' common part: what OpenCC's table of single characters is asked about."""
BY_HAND: Final = dict(
    # In Taiwan and Hong Kong each of these is written where the mainland writes the other, if not
    # always: 著 alone is 著名's in the mainland, 甚 that of 甚至, 藉 that of 慰藉.
    zip(
        "著妳瞭藉馀衹祇甚牠姪徧瞇踫隣閙籐粧揹甦痲蔴効黏姊瘉沈讐呪妬汚砲痺躭躱燄慙懽諠覩敍搥煖拏啣袴値",
        "着你了借余只只什它侄遍眯碰邻闹藤妆背苏麻麻效粘姐愈沉仇咒妒污炮痹耽躲焰惭欢喧睹叙捶暖拿衔裤值",
        strict=True,
    )
)
"""OpenCC leaves these, because single characters do not say which word they are of, or as rare."""
ACCENTS: Final = re.compile(r"[\u0300-\u036f]+")
KATAKANA: Final = (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)
TO_HIRAGANA: Final = 0x3041 - 0x30A1


def fold(text: str) -> str:
    """Return `text` as search and the guard see it; not for reading."""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", plain.casefold()).translate(_table())


@cache
def _table() -> dict[int, str]:
    """Return characters and what they are taken for, in 10 ms.

    OpenCC is loaded by whoever first writes or searches.
    """
    from opencc import OpenCC  # noqa: PLC0415 - see above

    traditional = [chr(code) for code in range(*IDEOGRAPHS)]
    # One call for all: apart by line ends, so that no two of them make a word.
    simplified = OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    pairs = zip(traditional, simplified, strict=True)
    kana = {chr(code): chr(code + TO_HIRAGANA) for code in KATAKANA}
    # 瀋 is 沈, and 沈 is 沉: whichever is written, it is the same in the end.
    converted = {old: BY_HAND.get(new, new) for old, new in pairs if old != new}
    return str.maketrans(converted | BY_HAND | kana)
