"""Holds the written vocabulary to its source: equal token ids for thousands of strings."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from convert import runtime
from convert.errors import VocabularyError
from convert.probes import probe_strings
from convert.vocab import TokenType, Vocabulary


@dataclass(frozen=True, slots=True)
class TokenizerProof:
    """How many strings both tokenizers split equally, and which ids end a reply.

    `app_stop_ids`: end tokens of the source for which GGUF has no room; whoever runs the model
    stops at them itself.
    """

    strings: int
    end_ids: tuple[int, ...]
    app_stop_ids: tuple[int, ...]


def prove_tokenizer(
    path: Path, tokenizer_file: Path, vocabulary: Vocabulary, corpus: Path | None
) -> TokenizerProof:
    """Tokenise the probes, and the corpus's messages if given, both ways.

    The file at `path` needs its header only.

    Raises:
        VocabularyError: they differ; the sentence names the string's number and, for a probe
            of our own making, the code points. A corpus's text is never shown.
        VerificationError: llama.cpp cannot load the vocabulary.
    """
    control = [
        token
        for token, kind in zip(vocabulary.tokens, vocabulary.types, strict=True)
        if kind is TokenType.CONTROL
    ]
    probes = list(probe_strings(control))
    texts = probes + (list(corpus_messages(corpus)) if corpus is not None else [])
    source = load_tokenizer(tokenizer_file)
    found, end_ids = runtime.tokenise(path, texts)
    expected = (one.ids for one in source.encode_batch(texts, add_special_tokens=False))
    for index, (text, theirs, ours) in enumerate(zip(texts, expected, found, strict=True)):
        if theirs != ours:
            points = _code_points(source, text, theirs, ours) if index < len(probes) else "…"
            raise VocabularyError(
                "tokenizer_differs", path=tokenizer_file, index=index, points=points
            )
    missing = set(vocabulary.end_ids) - set(end_ids)
    return TokenizerProof(len(texts), tuple(end_ids), tuple(sorted(missing)))


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the source tokenizer.

    Raises:
        VocabularyError: its own library cannot read it.
    """
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise VocabularyError("tokenizer_damaged", path=path) from error


def _code_points(source: Tokenizer, text: str, theirs: Sequence[int], ours: Sequence[int]) -> str:
    """Name the characters around the first differing token."""
    same = next((i for i, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), 0)
    first = source.encode(text, add_special_tokens=False).offsets[same : same + 1]
    begin = first[0][0] if first else 0
    return " ".join(f"U+{ord(character):04X}" for character in text[begin : begin + 6])


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
