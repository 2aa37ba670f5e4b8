"""From public files to one corpus: read, clean, and leave out what held-out files repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.corpus.clean import clean
from finetune.corpus.dialogue import Dialogue
from finetune.corpus.formats import read_format
from finetune.split import near_duplicates


@dataclass(frozen=True, slots=True)
class Imported:
    """Cleaned dialogues and how often each fault was met."""

    dialogues: tuple[Dialogue, ...]
    faults: dict[str, int]


def import_corpus(form: str, path: Path) -> Imported:
    """Read one public corpus and clean it.

    Raises:
        CorpusError: unknown format, missing or broken file.
    """
    faults: Counter[str] = Counter()
    dialogues = tuple(clean(read_format(form, path), faults))
    return Imported(dialogues, dict(sorted(faults.items())))


def without_repeats_of(
    dialogues: Sequence[Dialogue], held_out: Sequence[Dialogue]
) -> list[Dialogue]:
    """Return the dialogues whose question is not nearly one of the held-out ones."""
    near = near_duplicates([d.question for d in dialogues], [d.question for d in held_out])
    return [d for i, d in enumerate(dialogues) if i not in near]
