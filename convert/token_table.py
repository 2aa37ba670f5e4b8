"""Tokens as a source tokenizer has them, whichever file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from convert.text_list import TextList


class TokenType(IntEnum):
    """`enum llama_token_type` of llama.h; SentencePiece counts its piece types alike."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class Kind(Enum):
    """llama.cpp's tokenizer: byte-level BPE by merges, or SentencePiece BPE by scores."""

    BYTE_LEVEL = "gpt2"
    PIECES = "llama"


class SpacePrefix(Enum):
    """Where a piece tokenizer puts a space of its own before a text.

    FIRST: at the very beginning only, not behind a special token; llama.cpp knows both or none,
    so a text that begins with a special token is what it splits alike.
    """

    ALWAYS = "always"
    FIRST = "first"
    NEVER = "never"


def written_text(named: Any) -> str | None:
    """Return the text of a special token as `tokenizer_config.json` names it, in either form."""
    text = named.get("content") if isinstance(named, dict) else named
    return text if isinstance(text, str) else None


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `score` orders the merges of a piece tokenizer, the highest first."""

    text: str
    type: TokenType = TokenType.NORMAL
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenTable:
    """A tokenizer's tokens by id and how text is cut into them.

    `pre_tokenizer` and `merges` for byte-level BPE, `space_prefix` for pieces. `strips_right`:
    special tokens swallow the white space behind them. `normalises`: a text is put into Unicode
    form NFC first, which llama.cpp does not. `named`: what special ids mean where the file itself
    says so (`bos_token`, `eos_token`, `pad_token`, `unk_token`).
    """

    kind: Kind
    tokens: Mapping[int, Token]
    pre_tokenizer: str = "default"
    merges: TextList = field(default_factory=lambda: TextList.of(()))
    space_prefix: SpacePrefix = SpacePrefix.NEVER
    adds_begin: bool = False
    adds_end: bool = False
    strips_right: bool = False
    normalises: bool = False
    named: Mapping[str, int] = field(default_factory=dict)
