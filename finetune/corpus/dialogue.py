"""The common form of a dialogue, and reading and writing it as `corpus.jsonl`.

One JSON object a line: `{"id","source","licence","topic","messages":[{"role","content"}]}`.
A file ending in `.xz` is read through lzma.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from finetune.errors import CorpusError
from finetune.files import replaced
from resources.system_errors import reason_of

Role = Literal["user", "assistant", "system"]
ROLES: Final = ("user", "assistant", "system")


@dataclass(frozen=True, slots=True)
class Message:
    """One utterance of one side."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation from one source; history never crosses its border."""

    id: str
    source: str
    licence: str
    topic: str | None
    messages: tuple[Message, ...]

    @property
    def question(self) -> str:
        """The first thing the client says: what a split must keep together."""
        return next((m.content for m in self.messages if m.role == "user"), "")


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield `(line number, object)` of a JSON-lines file, plain or `.xz`.

    Raises:
        CorpusError: missing file, damaged compression, a line that is no JSON object.
    """
    if not path.is_file():
        raise CorpusError("corpus.missing", path=path)
    number = 0
    try:
        with lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                record = json.loads(line.decode("utf-8"))
                if not isinstance(record, dict):
                    raise CorpusError("corpus.broken_line", path=path, line=number)
                yield number, record
    except (lzma.LZMAError, EOFError) as error:
        raise CorpusError("corpus.damaged", path=path, line=number) from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorpusError("corpus.broken_line", path=path, line=number) from error
    except OSError as error:
        raise CorpusError("corpus.unreadable", path=path, reason=reason_of(error)) from error


def read_corpus(path: Path) -> Iterator[Dialogue]:
    """Yield the dialogues of a `corpus.jsonl`.

    Raises:
        CorpusError: as `json_lines`, or a line without the fields of the common form.
    """
    for number, record in json_lines(path):
        try:
            yield Dialogue(
                id=str(record["id"]),
                source=str(record["source"]),
                licence=str(record["licence"]),
                topic=record.get("topic"),
                messages=tuple(_message(m) for m in record["messages"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError("corpus.wrong_shape", path=path, line=number) from error


def _message(record: dict[str, Any]) -> Message:
    if record["role"] not in ROLES:
        raise ValueError(record["role"])
    return Message(role=record["role"], content=text_of(record["content"]))


def text_of(content: object) -> str:
    """Return `content`; raises ValueError when it is no text (JSON can escape half a pair)."""
    if not isinstance(content, str):
        raise TypeError(type(content))
    content.encode("utf-8")  # UnicodeEncodeError is a ValueError
    return content


def write_corpus(path: Path, dialogues: Iterable[Dialogue]) -> int:
    """Write dialogues to `path`, whole or not at all; return how many."""
    count = 0
    with replaced(path) as file:
        for dialogue in dialogues:
            count += 1
            record = {
                "id": dialogue.id,
                "source": dialogue.source,
                "licence": dialogue.licence,
                "topic": dialogue.topic,
                "messages": [{"role": m.role, "content": m.content} for m in dialogue.messages],
            }
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    return count
