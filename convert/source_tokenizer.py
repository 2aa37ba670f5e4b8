"""The source's own tokenizer, as the judge of the written vocabulary."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import Regex, Tokenizer
from tokenizers.pre_tokenizers import Split

from convert.errors import VocabularyError
from convert.pretokenizer import THREE_DIGITS
from convert.rank_merges import split_by_rank
from convert.token_table import Kind, TokenType
from convert.vocab import Vocabulary

_SPECIAL: Final = (TokenType.CONTROL, TokenType.UNKNOWN, TokenType.USER_DEFINED)


class SourceTokenizer(Protocol):
    """Splits texts as the source does: special tokens recognised, none added."""

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text."""


def load_tokenizer(path: Path, vocabulary: Vocabulary) -> SourceTokenizer:
    """Return the tokenizer at `path`, a `tokenizer.json` or a `tokenizer.model`.

    Raises:
        VocabularyError: its own library cannot read it.
    """
    try:
        if path.suffix == ".json":
            return _Json(path)
        return (
            _Pieces(path, vocabulary)
            if vocabulary.kind is Kind.PIECES
            else _Ranks(path, vocabulary)
        )
    except Exception as error:  # the libraries raise nothing narrower
        raise VocabularyError("tokenizer_damaged", path=path) from error


class _Json:
    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [one.ids for one in encoded]


class _Pieces:
    """SentencePiece between special tokens, as the checkpoints' own Python code does."""

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        self._model = SentencePieceProcessor(model_file=str(path))
        own = self._model.vocab_size()
        self._special = {
            text: id_
            for id_, (text, kind) in enumerate(
                zip(vocabulary.tokens, vocabulary.types, strict=True)
            )
            if kind in _SPECIAL
            and not (
                kind is TokenType.USER_DEFINED
                and id_ < own
                and self._model.id_to_piece(id_) == text
            )
        }

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [
            [
                id_
                for part in _parts(text, self._special)
                for id_ in (
                    [self._special[part]] if part in self._special else self._model.encode(part)
                )
            ]
            for text in texts
        ]


class _Ranks:
    """tiktoken between special tokens: cut by the pattern, then the lowest rank first."""

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        lines = (line.split() for line in path.read_bytes().splitlines())
        self._ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
        self._cut = Split(Regex(THREE_DIGITS), "isolated")
        self._special = {
            text: id_
            for id_, (text, kind) in enumerate(
                zip(vocabulary.tokens, vocabulary.types, strict=True)
            )
            if kind in _SPECIAL
        }

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [
            [id_ for part in _parts(text, self._special) for id_ in self._ids(part)]
            for text in texts
        ]

    def _ids(self, part: str) -> Iterator[int]:
        if part in self._special:
            yield self._special[part]
            return
        for word, _ in self._cut.pre_tokenize_str(part):
            whole = word.encode()
            pieces = [whole] if whole in self._ranks else split_by_rank(self._ranks, whole)
            yield from (self._ranks[piece] for piece in pieces)


def _parts(text: str, special: dict[str, int]) -> Iterator[str]:
    """Yield special tokens and what stands between them."""
    longest_first = sorted(special, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    yield from (part for part in re.split(f"({pattern})", text) if part) if special else (text,)
