"""Tokens an adapter's folder names that the chosen tokenizer does not have.

Training that adds tokens saves them in the tokenizer's form: where that is `vocab.json`,
`added_tokens.json` and `tokenizer_config.json` alone (a slow tokenizer's), the base's tokenizer is
what is read, and the trained rows would belong to no text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from convert.errors import VocabularyError
from convert.json_file import read_optional_object
from convert.token_table import written_text
from convert.tokenizer_model import added_tokens
from convert.vocab import Vocabulary

_SPACE: Final = "\u2581"
_DAMAGE: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError)


def check_nothing_lost(adapter: Path, tokenizer: Path, vocabulary: Vocabulary) -> None:
    """Refuse an adapter whose folder names a token the vocabulary lacks, or has at another id.

    Raises:
        VocabularyError: there is such a token, or a file that names some is damaged.
    """
    if tokenizer.parent == adapter:
        return
    named = [
        *_ids(adapter / "vocab.json"),
        *_ids(adapter / "added_tokens.json"),
        *_configured(adapter),
    ]
    if not named:
        return
    known = {_plain(text): id_ for id_, text in enumerate(vocabulary.tokens)}
    known |= {_plain(text): id_ for id_, text in vocabulary.left_out.items()}
    for text, id_ in named:
        if _plain(text) not in known or id_ not in (None, known[_plain(text)]):
            raise VocabularyError(
                "tokenizer_unsaved", path=adapter, token=text, tokenizer=tokenizer
            )


def _ids(path: Path) -> list[tuple[str, int | None]]:
    try:
        return [(text, int(id_)) for text, id_ in read_optional_object(path).items()]
    except _DAMAGE as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error


def _configured(adapter: Path) -> list[tuple[str, int | None]]:
    path = adapter / "tokenizer_config.json"
    try:
        found: list[tuple[str, int | None]] = [
            (text, id_) for id_, (text, _) in added_tokens(adapter).items()
        ]
        end = written_text(read_optional_object(path).get("eos_token"))
    except _DAMAGE as error:
        raise VocabularyError("tokenizer_damaged", path=path) from error
    return found if end is None else [*found, (end, None)]


def _plain(text: str) -> str:
    """Return a text as one spelling has it: added tokens of pieces are kept with real spaces."""
    return text.replace(_SPACE, " ")
