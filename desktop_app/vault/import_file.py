"""Conversations out of a file: our own JSON, what ChatGPT exports, or `corpus.jsonl`.

Which of the three it is shows in its shape. Ours and a corpus are taken whole or not at all. Of
ChatGPT's, which has no specification, what can be read is taken and the rest is counted; it comes
as `conversations.json` or as the archive around it, of whose parts some may be empty or damaged.
Ids make a second import of the same file add nothing: ours are kept, others become a hash of
theirs.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from desktop_app.vault.archive import archive_at, member
from desktop_app.vault.carried import CarriedSession
from desktop_app.vault.errors import TransferError, disk_error
from desktop_app.vault.import_chatgpt import chatgpt_session
from desktop_app.vault.import_corpus import corpus_session
from desktop_app.vault.import_own import FORMAT, own_sessions
from resources.messages import sentence

MOST_BYTES: Final = 1 << 30
"""Read into memory whole; a gigabyte is some hundred years of conversation. The pictures and
recordings of an archive do not count: they are not read."""
IN_ARCHIVE: Final = re.compile(r"conversations(-\d+)?\.json")
"""What the conversations are called in ChatGPT's archive; a large one has several parts."""
PACKED: Final = frozenset(
    {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
)
"""How they may be packed; a later Python knows a way more, which fails in its own words."""
UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file held."""

    sessions: tuple[CarriedSession, ...]
    """Those with a message."""
    unreadable: int = 0
    """Conversations of a shape nobody here knows."""
    left_out: int = 0
    """Messages with a picture, a recording or a file, which is not text and did not come along."""
    unread_parts: int = 0
    """Parts of an archive that are damaged, or hold something else."""

    def remarks(self) -> list[str]:
        """Return what is to be said of what did not come along; often nothing."""
        counts = {
            "unreadable": self.unreadable,
            "unread_parts": self.unread_parts,
            "left_out": self.left_out,
        }
        return [sentence(f"export.{what}", count=n) for what, n in counts.items() if n]


def read_conversations(path: Path) -> FileRead:
    """Return what is in the file at `path`.

    Raises:
        TransferError: it is missing, not UTF-8, too large, or none of the three kinds.
        VaultError: it cannot be read.
    """
    try:
        texts = _texts(path)
    except zipfile.BadZipFile:
        raise TransferError("transfer.unknown", path=path) from None
    except FileNotFoundError:
        raise TransferError("transfer.missing", path=path) from None
    except OSError as error:
        raise disk_error(error, path) from error
    found = [each for each in map(_read, texts) if each is not None]
    if all(not each.sessions and (each.unreadable or each.unread_parts) for each in found):
        raise TransferError("transfer.unknown", path=path)
    return FileRead(
        tuple(session for each in found for session in each.sessions if session.turns),
        sum(each.unreadable for each in found),
        sum(each.left_out for each in found),
        sum(each.unread_parts for each in found),
    )


def _read(text: bytes | None) -> FileRead | None:
    """Return what a part holds, None where it is empty; what is not understood is counted."""
    if text is not None:
        # The exceptions hold what was read: none of them is part of a traceback.
        with suppress(*UNREADABLE):
            return _conversations(text.decode("utf-8-sig"))
    return FileRead((), unread_parts=1)


def _texts(path: Path) -> list[bytes | None]:
    """Return the file's content, or that of the conversations in the archive it is.

    None stands for a part of the archive that is damaged, encrypted or packed otherwise.
    """
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > MOST_BYTES:
            raise TransferError("transfer.too_large", path=path)
        return [path.read_bytes()]
    with archive_at(path) as archive:
        members = [
            each
            for each in archive.infolist()
            if IN_ARCHIVE.fullmatch(PurePosixPath(each.filename).name)
        ]
        if not members:
            raise TransferError("transfer.unknown", path=path)
        if sum(each.file_size for each in members) > MOST_BYTES:
            raise TransferError("transfer.too_large", path=path)
        return [member(archive, each) if each.compress_type in PACKED else None for each in members]


def _conversations(text: str) -> FileRead | None:
    try:
        plain = json.loads(text)
    except json.JSONDecodeError:
        # Not `splitlines`: JSON may hold U+2028 and others that are lines to Python.
        lines = [json.loads(line) for line in text.split("\n") if line.strip()]
        return FileRead(_each(lines, corpus_session))
    match plain:
        case {"format": str(name), "sessions": list()} if name == FORMAT:
            return FileRead(tuple(own_sessions(plain)))
        case {"messages": list()}:
            return FileRead(_each([plain], corpus_session))
        case {"mapping": dict()}:
            return _chatgpt([plain])
        case []:
            return None
        case list() if any(isinstance(each, dict) and "mapping" in each for each in plain):
            return _chatgpt(plain)
    raise ValueError("none of the known kinds")


def _chatgpt(plain: list[Any]) -> FileRead:
    sessions, left_out = [], 0
    for each in plain:
        with suppress(*UNREADABLE):
            session, without = chatgpt_session(each, _id_of(each))
            sessions.append(session)
            left_out += without
    return FileRead(tuple(sessions), len(plain) - len(sessions), left_out)


def _each(
    plain: list[Any], read: Callable[[dict[str, Any], str], CarriedSession]
) -> tuple[CarriedSession, ...]:
    if not plain:
        raise ValueError("empty")
    return tuple(read(each, _id_of(each)) for each in plain)


def _id_of(plain: dict[str, Any]) -> str:
    """Return the id a foreign conversation gets here: from its own, or from all of it."""
    own = plain.get("conversation_id") or plain.get("id")
    named = {"id": own, "source": plain.get("source")} if isinstance(own, str) else plain
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode("ascii")).hexdigest()[:16]
