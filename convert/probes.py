"""Strings that tell two tokenizers apart: five thousand of them, the same every time.

Chinese and English of the kind people write here, and what breaks pre-tokenizers: digits,
runs of white space, emoji sequences, contractions, mixed scripts, control tokens.
Text is in Unicode form NFC: llama.cpp does not normalise, source tokenizers often do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

COUNT: Final = 5000

_CHINESE: Final = (
    "我最近总是睡不着，心里很乱。 你愿意多说一点吗？ 听起来你已经撑了很久 …… 工作压力太大了！ "
    "和父母吵架以后 一个人哭了 不知道该怎么办 谢谢你听我说 焦虑 抑郁 害怕 孤独 「没关系」 "
    "慢慢来； 深呼吸、 先喝口水 他说：“算了吧。” 高考 分手 失眠三个月 心跳得很快 的 了 吗"
).split()
_ENGLISH: Final = (
    "I can't sleep, and it's getting worse. They'll never understand; we've tried! What'd you do? "
    "Sometimes I feel I'M BROKEN don't WON'T she's naïve café über-tired e-mail x86_64 "
    "https://example.org/a?b=c&d=1 snake_case camelCase C++ #tag @name 50% $3.99 (ok) [x] {y}"
).split()
_NUMBERS: Final = "0 7 42 007 1234567890 3.14159 2023-11-20 12:30 1,000,000 １２３ ③ ½ x² 一二三".split()
_SPACES: Final = (" ", "  ", "   ", "\t", "\t\t ", "\n", "\n\n", " \n ", "\r\n", "\r", "　", "\u00a0", "\u2003")
_SYMBOLS: Final = "… —— ～ ！！ ？？？ 。。。 ^_^ T_T :) <3 -> == != ``` '''' \"\" 、 《》 ·".split()
_EMOJI: Final = "😀 😭 ❤️ 👍🏽 👨‍👩‍👧 🇨🇳 🏳️‍🌈 ☕ ✨ 🥺 1️⃣ 🧘‍♀️".split()
_SCRIPTS: Final = "Привет привет こんにちは カタカナ 안녕하세요 مرحبا γειά שלום नमस्ते ไทย tiếng Ñandú ǆ".split()
_BLOCKS: Final = ((0x20, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x2010, 0x2027))
_HAN: Final = (0x4E00, 0x9FA5)


def probe_strings(control_tokens: Sequence[str], count: int = COUNT) -> Iterator[str]:
    """Yield `count` strings; `control_tokens` are the vocabulary's own special tokens."""
    dice = np.random.default_rng(20231120)
    lists = (_CHINESE, _ENGLISH, _NUMBERS, _SPACES, _SYMBOLS, _EMOJI, _SCRIPTS)
    weights = np.array([6, 5, 3, 4, 2, 2, 1, 2, 2, 1 if control_tokens else 0], float)
    for _ in range(count):
        pieces = []
        for kind in dice.choice(len(weights), size=dice.integers(1, 12), p=weights / weights.sum()):
            if kind < len(lists):
                pieces.append(lists[kind][dice.integers(len(lists[kind]))])
            elif kind == len(lists):
                pieces.append(_characters(dice, *_BLOCKS[dice.integers(len(_BLOCKS))]))
            elif kind == len(lists) + 1:
                pieces.append(_characters(dice, *_HAN))
            else:
                pieces.append(control_tokens[dice.integers(len(control_tokens))])
            if dice.random() < 0.3:
                pieces.append(" ")
        yield unicodedata.normalize("NFC", "".join(pieces))


def _characters(dice: np.random.Generator, first: int, last: int) -> str:
    return "".join(map(chr, dice.integers(first, last + 1, size=dice.integers(1, 6))))
