"""Holds the written vocabulary to its source: equal token ids for thousands of strings."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convert import runtime
from convert.errors import VocabularyError
from convert.probes import probe_strings
from convert.token_table import SpacePrefix, TokenType
from convert.vocab import Vocabulary

if TYPE_CHECKING:
    from convert.source_tokenizer import SourceTokenizer


@dataclass(frozen=True, slots=True)
class TokenizerProof:
    """How many strings both tokenizers split equally, and at which ids llama.cpp ends a reply."""

    strings: int
    end_ids: tuple[int, ...]


def prove_tokenizer(
    path: Path, tokenizer_file: Path, vocabulary: Vocabulary, corpus: Path | None
) -> TokenizerProof:
    """Tokenise the probes, and the corpus's messages if given, both ways.

    The file at `path` needs its header only. Where the source treats the beginning of a text
    like no other place, every text begins with a special token, as a rendered dialogue does.
    Where special tokens swallow white space, only that of ASCII stands behind them in a probe:
    llama.cpp swallows no other, which `report.remarks` says.

    Raises:
        VocabularyError: they differ; the sentence names the string's number and, for a probe
            of our own making, the code points. A corpus's text is never shown. Or an end token
            would be shown as text: the file has no room for it, and it is not special.
        VerificationError: llama.cpp cannot load the vocabulary.
    """
    control = vocabulary.control_tokens
    probes = list(probe_strings(control, swallowing=vocabulary.strips_right))
    texts = probes + (list(corpus_messages(corpus)) if corpus is not None else [])
    if vocabulary.space_prefix is SpacePrefix.FIRST and control:
        lead = control[0] if vocabulary.begin_id is None else vocabulary.tokens[vocabulary.begin_id]
        texts = [lead + text for text in texts]
    from convert.source_tokenizer import load_tokenizer  # noqa: PLC0415 - only this process needs it

    source = load_tokenizer(tokenizer_file, vocabulary)
    found, end_ids = runtime.tokenise(path, texts)
    expected = source.encode_all(texts)
    for index, (text, theirs, ours) in enumerate(zip(texts, expected, found, strict=True)):
        if theirs != ours:
            points = _code_points(path, source, text) if index < len(probes) else "…"
            raise VocabularyError(
                "tokenizer_differs", path=tokenizer_file, index=index, points=points
            )
    for id_ in vocabulary.end_ids:
        # The app ends a reply at every special token, whether the file has room for it or not.
        if id_ not in end_ids and vocabulary.types[id_] is not TokenType.CONTROL:
            raise VocabularyError(
                "end_token_no_room", path=tokenizer_file, token=vocabulary.tokens[id_]
            )
    return TokenizerProof(len(texts), tuple(end_ids))


def _code_points(path: Path, source: SourceTokenizer, text: str) -> str:
    """Name the characters with which the two begin to differ."""
    beginnings = [text[: end + 1] for end in range(len(text))]
    ours, _ = runtime.tokenise(path, beginnings)
    pairs = zip(source.encode_all(beginnings), ours, strict=True)
    first = next(i for i, (theirs, found) in enumerate(pairs) if theirs != found)
    return " ".join(f"U+{ord(character):04X}" for character in text[first : first + 6])


def corpus_messages(path: Path, limit: int = 5000) -> Iterator[str]:
    """Yield up to `limit` message texts of a `corpus.jsonl`, in form NFC.

    Raises:
        VocabularyError: a line is no dialogue; the sentence names its number.
    """
    given = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    messages = json.loads(line)["messages"]
                    texts = [unicodedata.normalize("NFC", one["content"]) for one in messages]
                except (ValueError, KeyError, TypeError) as error:
                    raise VocabularyError("corpus_line", path=path, line=number) from error
                for text in texts:
                    if given == limit:
                        return
                    given += 1
                    yield text
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError("corpus_unreadable", path=path) from error
