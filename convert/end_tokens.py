"""Which tokens end a reply: the union of all places that say so; they often disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from convert.chat_template import render
from convert.json_file import read_optional_object
from convert.token_table import written_text
from convert.vocab import Vocabulary

_MARK = "0mark0"


def config_end_ids(folders: Sequence[Path]) -> Iterator[int]:
    """Yield what `generation_config.json` and `config.json` of the folders name."""
    for folder in folders:
        for name in ("generation_config.json", "config.json"):
            named: Any = read_optional_object(folder / name).get("eos_token_id")
            for id_ in named if isinstance(named, list) else [named]:
                if isinstance(id_, int) and id_ >= 0:
                    yield id_


def named_end_ids(folders: Sequence[Path], vocabulary: Vocabulary) -> Iterator[int]:
    """Yield the end token that each folder's `tokenizer_config.json` names.

    Also where another folder's tokenizer is the one that is read.
    """
    for folder in folders:
        text = written_text(read_optional_object(folder / "tokenizer_config.json").get("eos_token"))
        if text is not None and text in vocabulary.tokens:
            yield vocabulary.tokens.index(text)


def template_end_ids(template: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the special token that follows a reply in the middle of a dialogue, if one does.

    Between them may be white space only. ChatGLM3 and GLM-4 have no end token of their own:
    the next turn's `<|user|>` is what ends a reply.

    Raises:
        VocabularyError: the template refuses or breaks on a plain dialogue.
    """
    roles = ("user", "assistant", "user")
    messages = [
        {"role": role, "content": content}
        for role, content in zip(roles, ("?", _MARK, "?"), strict=True)
    ]
    behind = render(template, messages, vocabulary).partition(_MARK)[2].lstrip()
    found = [text for text in vocabulary.control_tokens if behind.startswith(text)]
    longest = max(found, key=len, default=None)
    return () if longest is None else (vocabulary.tokens.index(longest),)
