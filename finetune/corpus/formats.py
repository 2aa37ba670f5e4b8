"""The public corpora this project can read, each as data.

SMILE (Qiu et al., Findings of EMNLP 2024, arXiv 2305.00450) and CPsyCounD (Zhang et al.,
Findings of ACL 2024, arXiv 2405.16433), each as one JSON object a line:
`{"id": …, "messages": [{"role": "client"|"counselor", "content": …}]}`. SMILE is published as one
JSON file a dialogue and CPsyCounD as text files; their own converters are not used, because
SMILE's lets the text of one dialogue run into the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetune.corpus.dialogue import Dialogue, Message, Role, json_lines, text_of
from finetune.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Format:
    """A corpus: what it is called, under which licence, who speaks."""

    source: str
    licence: str
    roles: dict[str, Role]


_CLIENT_COUNSELLOR: Final[dict[str, Role]] = {"client": "user", "counselor": "assistant"}

FORMATS: Final[dict[str, Format]] = {
    "smile": Format("SMILE", "CC0-1.0", _CLIENT_COUNSELLOR),
    "cpsycoun": Format("CPsyCounD", "CC-BY-4.0", _CLIENT_COUNSELLOR),
}


def read_format(name: str, path: Path) -> Iterator[Dialogue]:
    """Yield the raw dialogues of a public corpus, faults and all.

    Raises:
        CorpusError: unknown format, or a line that does not have its shape.
    """
    if name not in FORMATS:
        raise CorpusError("corpus.unknown_format", format=name, known=", ".join(FORMATS))
    form = FORMATS[name]
    for number, record in json_lines(path):
        try:
            messages = tuple(
                Message(form.roles[m["role"]], text_of(m["content"]).strip())
                for m in record["messages"]
            )
            identity = f"{name}/{record['id']}"
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError("corpus.wrong_shape", path=path, line=number) from error
        yield Dialogue(identity, form.source, form.licence, record.get("topic"), messages)
