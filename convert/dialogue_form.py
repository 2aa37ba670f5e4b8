"""How a model writes a dialogue: its tokenizer, its chat template, and what ends a reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convert.arch.spec import Family, SuppliedTemplate
from convert.chat_template import read_chat_template
from convert.end_tokens import config_end_ids, named_end_ids, template_end_ids
from convert.errors import VocabularyError
from convert.unsaved_tokens import check_nothing_lost
from convert.vocab import Vocabulary, read_vocabulary, tokenizer_file


@dataclass(frozen=True, slots=True)
class DialogueForm:
    """`tokenizer`: the file the vocabulary was read from; `template`: Jinja."""

    tokenizer: Path
    vocabulary: Vocabulary
    template: str


def read_dialogue_form(base: Path, adapter: Path | None, family: Family, rows: int) -> DialogueForm:
    """Read tokenizer and template; what lies beside the adapter wins over the base's.

    Raises:
        VocabularyError: either is missing, damaged or unknown, nothing ends a reply, or the adapter
            names tokens that its folder holds no tokenizer for.
    """
    tokenizer = tokenizer_file(base, adapter)
    vocabulary = read_vocabulary(tokenizer, rows, base)
    if adapter is not None:
        check_nothing_lost(adapter, tokenizer, vocabulary)
    supplied = _supplied(family.templates, vocabulary)
    if supplied is not None:
        vocabulary = vocabulary.with_control(supplied.marks)
    template = read_chat_template(base, adapter, supplied.text if supplied else None)
    folders = [folder for folder in (adapter, base) if folder is not None]
    ends = tuple(config_end_ids(folders))
    for id_, text in vocabulary.left_out.items():
        if text in template or id_ in ends:
            raise VocabularyError("tokenizer_larger", path=tokenizer, tokens=id_ + 1, rows=rows)
    vocabulary = vocabulary.ending_also_at(
        (
            *template_end_ids(template, vocabulary),
            *(id_ for id_ in ends if id_ < rows),
            *named_end_ids(folders, vocabulary),
        )
    )
    if not vocabulary.end_ids:
        raise VocabularyError("end_token_missing", path=base)
    return DialogueForm(tokenizer, vocabulary, template)


def _supplied(
    templates: Sequence[SuppliedTemplate], vocabulary: Vocabulary
) -> SuppliedTemplate | None:
    """Return the first whose marks this vocabulary has, at the id that tells it apart."""
    for template in templates:
        first = template.marks[0]
        known = all(mark in vocabulary.tokens for mark in template.marks)
        if known and template.first_id in (None, vocabulary.tokens.index(first)):
            return template
    return None
