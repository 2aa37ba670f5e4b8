"""The vocabulary of a byte-level BPE `tokenizer.json`, as GGUF stores it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from convert.errors import VocabularyError
from convert.json_file import read_object, read_optional_object
from convert.pretokenizer import pre_tokenizer_name


class TokenType(IntEnum):
    """`enum llama_token_type` of llama.h, those byte-level BPE uses."""

    NORMAL = 1
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens by id, one for every embedding row, and what each special id means.

    `end_ids`: everything that ends a reply, the tokenizer's own end token first. GGUF has room
    for three (`eos`, `eot`, `eom`); the report names them all.
    """

    pre_tokenizer: str
    tokens: tuple[str, ...]
    types: tuple[TokenType, ...]
    merges: tuple[str, ...]
    begin_id: int | None
    end_ids: tuple[int, ...]
    padding_id: int | None
    adds_begin: bool
    adds_end: bool


def read_vocabulary(folder: Path, rows: int) -> Vocabulary:
    """Read the vocabulary of a base folder with `rows` embedding rows.

    Raises:
        VocabularyError: no `tokenizer.json` (a SentencePiece model alone is not supported
            yet), more tokens than rows, a token id without a token, no end token.
    """
    path = folder / "tokenizer.json"
    if not path.exists():
        raise VocabularyError("tokenizer_missing", path=path)
    tokenizer = read_object(path)
    try:
        pre_tokenizer = pre_tokenizer_name(path, tokenizer)
        words = {str(word): int(id_) for word, id_ in tokenizer["model"]["vocab"].items()}
        merges = tuple(_merge(pair) for pair in tokenizer["model"]["merges"])
        added = {int(one["id"]): one for one in tokenizer.get("added_tokens") or ()}
        by_id = {id_: word for word, id_ in words.items()}
        by_id |= {id_: str(one["content"]) for id_, one in added.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error
    if max(by_id, default=-1) >= rows:
        raise VocabularyError("tokenizer_larger", path=path, tokens=max(by_id) + 1, rows=rows)
    ids = {text: id_ for id_, text in by_id.items()}
    configured = read_optional_object(folder / "tokenizer_config.json")
    end_ids = tuple(dict.fromkeys(_end_ids(folder, configured, ids)))
    if not end_ids:
        raise VocabularyError("end_token_missing", path=folder)
    adds_begin, adds_end = _template_adds(tokenizer.get("post_processor") or {})
    return Vocabulary(
        pre_tokenizer=pre_tokenizer,
        tokens=tuple(by_id.get(id_, f"[PAD{id_}]") for id_ in range(rows)),
        types=tuple(_type(id_, by_id, added) for id_ in range(rows)),
        merges=merges,
        begin_id=_special(configured, "bos_token", ids),
        end_ids=end_ids,
        padding_id=_special(configured, "pad_token", ids),
        adds_begin=adds_begin,
        adds_end=adds_end,
    )


def _merge(pair: Any) -> str:
    left, right = pair.split(" ") if isinstance(pair, str) else pair
    return f"{left} {right}"


def _type(id_: int, by_id: Mapping[int, str], added: Mapping[int, Any]) -> TokenType:
    if id_ not in by_id:
        return TokenType.UNUSED
    if id_ not in added:
        return TokenType.NORMAL
    return TokenType.CONTROL if added[id_].get("special") else TokenType.USER_DEFINED


def _special(configured: Mapping[str, Any], field: str, ids: Mapping[str, int]) -> int | None:
    token = configured.get(field)
    text = token.get("content") if isinstance(token, dict) else token
    return ids.get(text) if isinstance(text, str) else None


def _end_ids(folder: Path, configured: Mapping[str, Any], ids: Mapping[str, int]) -> Iterator[int]:
    """Yield the union of all places that name an end token; they often disagree."""
    own = _special(configured, "eos_token", ids)
    if own is not None:
        yield own
    for name in ("generation_config.json", "config.json"):
        named = read_optional_object(folder / name).get("eos_token_id")
        for id_ in named if isinstance(named, list) else [named]:
            if isinstance(id_, int) and id_ in ids.values():
                yield id_


def _template_adds(post: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether encoding a text puts a special token before it, and one after it."""
    for part in post.get("processors") or [post]:
        if part.get("type") == "TemplateProcessing" and (single := part.get("single")):
            return "SpecialToken" in single[0], "SpecialToken" in single[-1]
    return False, False
