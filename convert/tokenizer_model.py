"""`tokenizer.model` where there is no `tokenizer.json`: SentencePiece, or GLM-4's list of ranks.

SentencePiece keeps a protocol buffer (`sentencepiece_model.proto`). Special tokens a checkpoint
puts over its pieces stand beside it, in `tokenizer_config.json` or `added_tokens.json`, by id.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from convert.errors import VocabularyError
from convert.json_file import read_optional_object
from convert.protobuf import fields
from convert.rank_merges import merges_of, written
from convert.text_list import TextList
from convert.token_table import Kind, SpacePrefix, Token, TokenTable, TokenType

_BPE: Final = 2
_CHATGLM: Final = "ChatGLMTokenizer"
_AFTER_PIECES: Final = ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop")
_ROLES: Final = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
"""ChatGLM's code appends these to its pieces, the roles from the third generation on."""


def read_tokenizer_model(path: Path, base: Path | None = None) -> TokenTable:
    """Read a `tokenizer.model` and the files beside it.

    `base`: the folder that says what ChatGLM's code appends, where the code lies there alone.

    Raises:
        VocabularyError: damaged, or a SentencePiece model that is no BPE.
    """
    data = path.read_bytes()
    try:
        ranks = _ranks(data)
        return _pieces(path, data, base or path.parent) if ranks is None else _ranked(path, ranks)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error


def added_tokens(folder: Path) -> dict[int, tuple[str, TokenType]]:
    """Return the tokens that `tokenizer_config.json` and `added_tokens.json` put in, by id.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: damaged entries.
    """
    listed = read_optional_object(folder / "added_tokens.json")
    added = {int(id_): (str(text), TokenType.CONTROL) for text, id_ in listed.items()}
    config = read_optional_object(folder / "tokenizer_config.json")
    for id_, one in (config.get("added_tokens_decoder") or {}).items():
        kind = TokenType.CONTROL if one.get("special") else TokenType.USER_DEFINED
        added[int(id_)] = (str(one["content"]), kind)
    return added


@dataclass(frozen=True, slots=True)
class _PieceModel:
    pieces: tuple[Token, ...]
    model_type: int
    dummy_prefix: bool
    named: Mapping[str, int]


def _pieces(path: Path, data: bytes, base: Path) -> TokenTable:
    model = _piece_model(data)
    if model.model_type != _BPE:
        raise VocabularyError("tokenizer_kind", path=path, kind="SentencePiece unigram")
    config = read_optional_object(path.with_name("tokenizer_config.json"))
    tokens = dict(enumerate(model.pieces))
    lowest = min((piece.score for piece in model.pieces), default=0.0)
    chatglm = _tokenizer_class(config, base) == _CHATGLM
    over = _appended((path.parent, base), len(tokens)) if chatglm else {}
    for id_, (text, kind) in (over | added_tokens(path.parent)).items():
        old = tokens.get(id_)
        if old is None or (old.text, old.type) != (text, TokenType.UNKNOWN):
            tokens[id_] = Token(text, kind, lowest)
    return TokenTable(
        kind=Kind.PIECES,
        tokens=tokens,
        space_prefix=SpacePrefix.ALWAYS if model.dummy_prefix else SpacePrefix.NEVER,
        adds_begin=bool(config.get("add_bos_token", not chatglm)),
        adds_end=bool(config.get("add_eos_token", False)),
        named=model.named,
    )


def _tokenizer_class(config: Mapping[str, Any], base: Path) -> object:
    """Return the class that reads the pieces; a trained folder may hold the pieces alone."""
    of_base = read_optional_object(base / "tokenizer_config.json")
    return config.get("tokenizer_class") or of_base.get("tokenizer_class")


def _appended(folders: Iterable[Path], count: int) -> dict[int, tuple[str, TokenType]]:
    """Return what ChatGLM's code appends to its pieces; training seldom saves that code again."""
    names = _AFTER_PIECES + (_ROLES if any(map(knows_roles, folders)) else ())
    return {count + i: (name, TokenType.CONTROL) for i, name in enumerate(names)}


def knows_roles(folder: Path) -> bool:
    """Tell whether a ChatGLM folder's tokenizer has role tokens; its code is read, never run."""
    for name in ("tokenizer_config.json", "tokenization_chatglm.py"):
        file = folder / name
        if file.exists() and _ROLES[1] in file.read_text(encoding="utf-8", errors="replace"):
            return True
    return False


def _piece_model(data: bytes) -> _PieceModel:
    """Read ModelProto: pieces (1), trainer_spec (2), normalizer_spec (3)."""
    pieces: list[Token] = []
    model_type, dummy_prefix = 1, True
    ids = {40: ("unk_token", 0), 41: ("bos_token", 1), 42: ("eos_token", 2), 43: ("pad_token", -1)}
    named = dict(ids.values())
    for number, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            pieces.append(_piece(value, len(pieces)))
        elif number == 2 and isinstance(value, bytes):
            for inner, setting in fields(value):
                if inner == 3:
                    model_type = int(setting)
                elif inner in ids and isinstance(setting, int):
                    named[ids[inner][0]] = setting if setting < 1 << 31 else -1
        elif number == 3 and isinstance(value, bytes):
            dummy_prefix = bool(dict(fields(value)).get(3, True))
    if not pieces:
        raise ValueError("no pieces")
    known = {name: id_ for name, id_ in named.items() if 0 <= id_ < len(pieces)}
    return _PieceModel(tuple(pieces), model_type, dummy_prefix, known)


def _piece(data: bytes, id_: int) -> Token:
    text, score, kind = "", 0.0, TokenType.NORMAL
    for number, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            text = value.decode()
        elif number == 2 and isinstance(value, bytes):
            (score,) = struct.unpack("<f", value)
        elif number == 3 and isinstance(value, int):
            kind = TokenType(value)
    if text in ("", "\0"):  # llama.cpp's strings end at a NUL; InternLM2 has such a piece
        return Token(f"[NUL{id_}]", TokenType.UNUSED, score)
    return Token(text, kind, score)


def _ranks(data: bytes) -> dict[bytes, int] | None:
    """Return tokens by rank of a tiktoken file (base64, space, number), None where it is none."""
    try:
        return dict(_rank_lines(data))
    except ValueError:
        return None


def _rank_lines(data: bytes) -> Iterator[tuple[bytes, int]]:
    for line in data.splitlines():
        token, rank = line.split()
        yield base64.b64decode(token, validate=True), int(rank)


def _ranked(path: Path, ranks: Mapping[bytes, int]) -> TokenTable:
    tokens = {rank: Token(written(token)) for token, rank in ranks.items()}
    tokens |= {id_: Token(text, kind) for id_, (text, kind) in added_tokens(path.parent).items()}
    return TokenTable(
        kind=Kind.BYTE_LEVEL,
        tokens=tokens,
        pre_tokenizer="glm4",
        merges=TextList.of(f"{written(left)} {written(right)}" for left, right in merges_of(ranks)),
    )
