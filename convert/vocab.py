"""The vocabulary of a model folder, as GGUF stores it: a token for every embedding row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from convert.errors import BaseModelError, VocabularyError
from convert.json_file import read_optional_object
from convert.text_list import TextList
from convert.token_table import Kind, SpacePrefix, Token, TokenTable, TokenType, written_text
from convert.tokenizer_json import read_tokenizer_json
from convert.tokenizer_model import read_tokenizer_model
from resources.system_errors import reason_of

TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer.model")
_NAMED: Final = ("bos_token", "eos_token", "pad_token", "unk_token")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens by id, one for every embedding row, and what each special id means.

    `end_ids`: everything that ends a reply, the tokenizer's own end token first, then what the
    template writes; GGUF has room for three (`eos`, `eot`, `eom`). `scores` order the merges of
    pieces, `merges` those of byte-level BPE. `left_out`: special tokens for which the model has
    no row; it never reads or writes them.
    """

    kind: Kind
    pre_tokenizer: str
    tokens: TextList
    types: tuple[TokenType, ...]
    scores: tuple[float, ...]
    merges: TextList
    begin_id: int | None
    end_ids: tuple[int, ...]
    padding_id: int | None
    unknown_id: int | None
    adds_begin: bool
    adds_end: bool
    space_prefix: SpacePrefix
    strips_right: bool
    normalises: bool
    left_out: Mapping[int, str]

    @property
    def control_tokens(self) -> tuple[str, ...]:
        """The texts of all special tokens."""
        pairs = zip(self.tokens, self.types, strict=True)
        return tuple(text for text, kind in pairs if kind is TokenType.CONTROL)

    def with_control(self, texts: tuple[str, ...]) -> Vocabulary:
        """Return this vocabulary with tokens made special that the source's code inserts by id."""
        pairs = zip(self.tokens, self.types, strict=True)
        kinds = tuple(TokenType.CONTROL if text in texts else kind for text, kind in pairs)
        return replace(self, types=kinds)

    def ending_also_at(self, ids: tuple[int, ...]) -> Vocabulary:
        """Return this vocabulary with more tokens that end a reply."""
        return replace(self, end_ids=tuple(dict.fromkeys((*self.end_ids, *ids))))


def tokenizer_file(base: Path, adapter: Path | None) -> Path:
    """Return the tokenizer to use: the adapter folder's, which training may have extended.

    Raises:
        VocabularyError: neither folder has one.
    """
    for folder in (adapter, base):
        for name in TOKENIZER_FILES:
            if folder is not None and (folder / name).exists():
                return folder / name
    raise VocabularyError("tokenizer_missing", path=base)


def read_vocabulary(path: Path, rows: int, base: Path | None = None) -> Vocabulary:
    """Read the vocabulary of the tokenizer at `path` for `rows` embedding rows.

    `base`: where the base lies, whose code says more of the tokenizer than an adapter's folder.

    Raises:
        VocabularyError: more tokens than rows, two ids for one text, a damaged or unknown form.
            A special token beyond the rows that has no name is left out.
    """
    table = _table(path, base)
    tokens, left_out = _with_rows(path, table, rows)
    padding = {i: Token(f"[PAD{i}]", TokenType.UNUSED) for i in range(rows) if i not in tokens}
    whole = [tokens[id_] if id_ in tokens else padding[id_] for id_ in range(rows)]
    ids = {token.text: id_ for id_, token in enumerate(whole)}
    if len(ids) != rows:
        twice = next(token.text for id_, token in enumerate(whole) if ids[token.text] != id_)
        raise VocabularyError("tokenizer_repeats", path=path, token=twice)
    named = _named(path.parent, table, ids)
    return Vocabulary(
        kind=table.kind,
        pre_tokenizer=table.pre_tokenizer,
        tokens=_texts(path, whole),
        types=tuple(token.type for token in whole),
        scores=tuple(token.score for token in whole),
        merges=table.merges,
        begin_id=named.get("bos_token"),
        end_ids=(named["eos_token"],) if "eos_token" in named else (),
        padding_id=named.get("pad_token"),
        unknown_id=named.get("unk_token"),
        adds_begin=table.adds_begin and "bos_token" in named,
        adds_end=table.adds_end and "eos_token" in named,
        space_prefix=table.space_prefix,
        strips_right=table.strips_right,
        normalises=table.normalises,
        left_out=left_out,
    )


def _with_rows(path: Path, table: TokenTable, rows: int) -> tuple[dict[int, Token], dict[int, str]]:
    """Return the tokens that have a row, and the texts of those that need none, both by id."""
    beyond = {id_: token for id_, token in table.tokens.items() if id_ >= rows}
    configured = read_optional_object(path.with_name("tokenizer_config.json"))
    named = {written_text(configured.get(name)) for name in _NAMED}
    for id_, token in beyond.items():
        if (
            token.type is not TokenType.CONTROL
            or token.text in named
            or id_ in table.named.values()
        ):
            raise VocabularyError(
                "tokenizer_larger", path=path, tokens=max(table.tokens) + 1, rows=rows
            )
    kept = {id_: token for id_, token in table.tokens.items() if id_ < rows}
    return kept, {id_: token.text for id_, token in beyond.items()}


def _texts(path: Path, tokens: Iterable[Token]) -> TextList:
    try:
        return TextList.of(token.text for token in tokens)
    except UnicodeEncodeError as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error


def _table(path: Path, base: Path | None) -> TokenTable:
    try:
        if path.suffix == ".json":
            return read_tokenizer_json(path)
        return read_tokenizer_model(path, base)
    except OSError as error:
        raise BaseModelError("file_unreadable", path=path, reason=reason_of(error)) from error


def _named(folder: Path, table: TokenTable, ids: Mapping[str, int]) -> dict[str, int]:
    """Return special ids by name: `tokenizer_config.json` over what the file itself says."""
    configured = read_optional_object(folder / "tokenizer_config.json")
    named = dict(table.named)
    for name in _NAMED:
        text = written_text(configured.get(name))
        if text is not None and text in ids:
            named[name] = ids[text]
    return named
