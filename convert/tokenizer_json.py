"""`tokenizer.json` of the tokenizers library: byte-level BPE, or SentencePiece turned into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convert.errors import VocabularyError
from convert.json_file import read_optional_object
from convert.long_json import read_with_list
from convert.pretokenizer import pre_tokenizer_name
from convert.text_list import TextList
from convert.token_table import Kind, SpacePrefix, Token, TokenTable, TokenType, written_text

_SPACE = "\u2581"
"""What SentencePiece writes for a space."""


def read_tokenizer_json(path: Path) -> TokenTable:
    """Read a `tokenizer.json`.

    Raises:
        VocabularyError: damaged, no BPE, or a part llama.cpp has no counterpart for.
    """
    try:
        tokenizer = read_with_list(path, ("model", "merges"), _merged)
        model = tokenizer.get("model") or {}
        if model.get("type") != "BPE":
            raise VocabularyError("tokenizer_kind", path=path, kind=model.get("type"))
        if model.get("byte_fallback"):
            return _pieces(path, tokenizer)
        return _byte_level(path, tokenizer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error


def _byte_level(path: Path, tokenizer: Mapping[str, Any]) -> TokenTable:
    model = tokenizer["model"]
    tokens = {int(id_): Token(str(text)) for text, id_ in model["vocab"].items()}
    tokens |= {id_: Token(text, kind) for id_, (text, kind) in _added(tokenizer).items()}
    adds_begin, adds_end = _template_adds(path, tokenizer)
    return TokenTable(
        kind=Kind.BYTE_LEVEL,
        tokens=tokens,
        pre_tokenizer=pre_tokenizer_name(path, tokenizer),
        merges=TextList.of(" ".join(pair) for pair in _pairs(model)),
        adds_begin=adds_begin,
        adds_end=adds_end,
        strips_right=_strips_right(tokenizer),
        normalises=bool(tokenizer.get("normalizer")),  # the pattern is known with NFC or none
    )


def _pieces(path: Path, tokenizer: Mapping[str, Any]) -> TokenTable:
    """Give each piece the rank of its first merge as score: what comes out early merges early."""
    model = tokenizer["model"]
    scores: dict[str, float] = {}
    for rank, pair in enumerate(_pairs(model)):
        scores.setdefault("".join(pair), -float(rank))
    lowest = -float(len(model["merges"]) // 2)
    tokens = {
        int(id_): Token(str(text), _piece_type(text, model), scores.get(text, lowest))
        for text, id_ in model["vocab"].items()
    }
    for id_, (text, kind) in _added(tokenizer).items():
        if kind is TokenType.USER_DEFINED:
            text = text.replace(_SPACE, " ")  # noqa: PLW2901 - llama.cpp finds these in raw text
        if text != model.get("unk_token"):
            tokens[id_] = Token(text, kind, lowest)
    adds_begin, adds_end = _template_adds(path, tokenizer)
    return TokenTable(
        kind=Kind.PIECES,
        tokens=tokens,
        space_prefix=_space_prefix(path, tokenizer),
        adds_begin=adds_begin,
        adds_end=adds_end,
        strips_right=_strips_right(tokenizer),
        named={"unk_token": model["vocab"][model["unk_token"]]} if model.get("unk_token") else {},
    )


def _piece_type(text: str, model: Mapping[str, Any]) -> TokenType:
    if text == model.get("unk_token"):
        return TokenType.UNKNOWN
    byte = len(text) == len("<0x00>") and text.startswith("<0x") and text.endswith(">")
    return TokenType.BYTE if byte else TokenType.NORMAL


def _space_prefix(path: Path, tokenizer: Mapping[str, Any]) -> SpacePrefix:
    """Return where a space is put before a text; anything else done to it is refused."""
    normalizer = tokenizer.get("normalizer") or {}
    prefix = SpacePrefix.NEVER
    for step in normalizer.get("normalizers", [normalizer] if normalizer else []):
        match step:
            case {"type": "Prepend", "prepend": "\u2581"}:
                prefix = SpacePrefix.ALWAYS
            case {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}:
                pass
            case _:
                raise VocabularyError("tokenizer_pattern", path=path, part="normalizer")
    match tokenizer.get("pre_tokenizer"):
        case None | {"type": "Split", "pattern": {"String": " "}}:
            return prefix
        case {"type": "Metaspace", "replacement": "\u2581", **fields}:
            before = fields.get("prepend_scheme") or (
                "always" if fields.get("add_prefix_space", True) else "never"
            )
            return SpacePrefix(before)
        case _:
            raise VocabularyError("tokenizer_pattern", path=path, part="pre_tokenizer")


def _merged(merges: Iterator[Any]) -> TextList:
    """Return what is merged, the left and the right of each merge in turn."""
    return TextList.of(part for merge in merges for part in _pair(merge))


def _pair(merge: Any) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _pairs(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not isinstance(model["merges"], TextList):
        raise TypeError("merges are no list")
    parts = iter(model["merges"])
    return zip(parts, parts, strict=True)


def _added(tokenizer: Mapping[str, Any]) -> dict[int, tuple[str, TokenType]]:
    return {
        int(one["id"]): (
            str(one["content"]),
            TokenType.CONTROL if one.get("special") else TokenType.USER_DEFINED,
        )
        for one in tokenizer.get("added_tokens") or ()
    }


def _strips_right(tokenizer: Mapping[str, Any]) -> bool:
    return any(one.get("rstrip") for one in tokenizer.get("added_tokens") or ())


def _template_adds(path: Path, tokenizer: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether encoding a text puts the begin token before it, and the end token after it.

    What else is put there (GLM's `[gMASK] <sop>`) llama.cpp has no field for; a chat template
    writes it out.
    """
    named = read_optional_object(path.with_name("tokenizer_config.json"))
    begin, end = (written_text(named.get(name)) for name in ("bos_token", "eos_token"))
    post = tokenizer.get("post_processor") or {}
    for part in post.get("processors") or [post]:
        if part.get("type") == "TemplateProcessing" and (single := part.get("single")):
            first, last = (one.get("SpecialToken", {}).get("id") for one in (single[0], single[-1]))
            return first is not None and first == begin, last is not None and last == end
    return False, False
