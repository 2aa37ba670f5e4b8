"""Strings that tell two tokenizers apart: five thousand of them, the same every time.

Chinese and English of the kind people write here, and what breaks pre-tokenizers: digits,
runs of white space, emoji sequences, contractions, mixed scripts, control tokens.
Text is in Unicode form NFC: llama.cpp does not normalise, source tokenizers often do,
which `report.remarks` says; the app puts every message into that form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

T = TypeVar("T")

COUNT: Final = 5000

_WORDS: Final = (
    "我最近总是睡不着，心里很乱。 你愿意多说一点吗？ 听起来你已经撑了很久 …… 工作压力太大了！",
    "和父母吵架以后 一个人哭了 不知道该怎么办 谢谢你听我说 焦虑 抑郁 害怕 孤独 「没关系」",
    "慢慢来； 深呼吸、 先喝口水 他说：“算了吧。” 高考 分手 失眠三个月 心跳得很快 的 了 吗",
    "I can't sleep, and it's getting worse. They'll never understand; we've tried! What'd you",
    "Sometimes I feel I'M BROKEN don't WON'T she's naïve café über-tired e-mail x86_64 (ok) [x]",
    "https://example.org/a?b=c&d=1 snake_case camelCase C++ #tag @name 50% $3.99 {y}",
    "0 7 42 007 1234567890 3.14159 2023-11-20 12:30 1,000,000 １２３ ③ ½ x² 一二三",
    "… —— ～ ！！ ？？？ 。。。 ^_^ T_T :) <3 -> == != ``` ''' \"\" 、 《》 ·",
    "😀 😭 ❤️ 👍🏽 👨\u200d👩\u200d👧 🇨🇳 🏳️\u200d🌈 ☕ ✨ 🥺 1️⃣ 🧘\u200d♀️",
    "Привет привет こんにちは カタカナ 안녕하세요 مرحبا γειά שלום नमस्ते ไทย tiếng Ñandú ǆ",
)
_SPACES: Final = (
    *(" ", "  ", "   ", "\t", "\t\t ", "\n", "\n\n", " \n ", "\r\n", "\r"),
    *("\u3000", "\u00a0", "\u2003"),
)
_BLOCKS: Final = ((0x20, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x2010, 0x2027))
_HAN: Final = (0x4E00, 0x9FA5)

DIALOGUES: Final = (
    (
        "最近总是睡不着，白天没有精神。",
        "听起来你已经累了一阵子了，能说说是从什么时候开始的吗？",
        "大概换工作以后。",
    ),
    (
        "I had a fight with my mother.",
        "That sounds painful. What happened?",
        "She never listens to me.",
    ),
)
"""Two conversations on which two implementations' logits are compared."""


def probe_strings(
    control_tokens: Sequence[str], count: int = COUNT, *, swallowing: bool = False
) -> Iterator[str]:
    """Yield `count` strings; `control_tokens` are the vocabulary's own special tokens.

    `swallowing`: they take the white space behind them, and one may stand before a text; there is
    only that of ASCII in these places then.
    """
    dice = np.random.default_rng(20231120)
    words = [line.split() for line in _WORDS]
    sources: list[Callable[[], str]] = [
        lambda: _one_of(dice, _one_of(dice, words)),
        lambda: _one_of(dice, _SPACES),
        lambda: _characters(dice, *_one_of(dice, _BLOCKS)),
        lambda: _characters(dice, *_HAN),
    ]
    weights = [12.0, 4.0, 2.0, 2.0]
    if control_tokens:
        sources.append(lambda: _one_of(dice, control_tokens))
        weights.append(1.0)
    behind = re.compile(rf"(?:^|{'|'.join(map(re.escape, control_tokens))})\s+")
    shares = np.divide(weights, sum(weights))
    for _ in range(count):
        picks = dice.choice(len(sources), size=dice.integers(1, 12), p=shares)
        pieces = [sources[pick]() + " " * int(dice.random() < 0.3) for pick in picks]
        text = unicodedata.normalize("NFC", "".join(pieces))
        yield behind.sub(_only_ascii, text) if swallowing and control_tokens else text


def _one_of(dice: np.random.Generator, choices: Sequence[T]) -> T:
    return choices[int(dice.integers(len(choices)))]


def _only_ascii(found: re.Match[str]) -> str:
    return "".join(each for each in found[0] if each.isascii() or not each.isspace())


def _characters(dice: np.random.Generator, first: int, last: int) -> str:
    return "".join(map(chr, dice.integers(first, last + 1, size=dice.integers(1, 6))))
