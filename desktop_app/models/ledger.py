"""Every connection the program has made: when, to which host, how many bytes, what for.

One line when a connection is begun, before the name is looked up, and one with the bytes when it
has ended, in a file that is only ever appended to: also a process that was killed has left the
first. No address within a host, no account, nothing of a conversation.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from desktop_app.local_time import local
from resources.messages import sentence

LEDGER: Final = "connections.jsonl"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection, made or tried."""

    id: str
    time: str
    """When it was begun: ISO 8601, UTC."""
    host: str
    port: int
    reason: str
    """`look`, `pin` or `get`: what the person asked for."""
    repository: str
    behind: str | None = None
    """The host asked for, where `host` is a proxy."""
    received: int | None = None
    """Bytes; None while it is open, and for ever where its process was killed."""
    sent: int | None = None

    @property
    def told(self) -> str:
        """The connection as a line, in the language in force."""
        return sentence(
            "models.connection",
            time=f"{local(self.begun):%Y-%m-%d %H:%M:%S}",
            host=f"{self.host}:{self.port}" + (f" → {self.behind}" if self.behind else ""),
            bytes="?" if self.received is None else f"{self.received:,}",
            reason=sentence(f"models.reason_{self.reason}"),
            repository=self.repository,
        )

    @property
    def begun(self) -> datetime:
        """When it was begun."""
        return datetime.fromisoformat(self.time)


class LedgerWriter:
    """Writes the connections of one process."""

    def __init__(self, path: Path, *, reason: str, repository: str) -> None:
        self._path = path
        self._reason = reason
        self._repository = repository
        self._numbers = itertools.count()
        self._open: dict[str, Connection] = {}

    def begin(self, host: str, port: int) -> Connection:
        """Write a connection down before it is made; raises OSError, and then it is not made."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        number = f"{now}-{os.getpid()}-{next(self._numbers)}"
        made = Connection(number, now, host, port, self._reason, self._repository)
        self._append(made)
        self._open[number] = made
        return made

    def end(self, made: Connection, *, received: int, sent: int, behind: str | None) -> None:
        """Write down what went through it."""
        if self._open.pop(made.id, None) is not None:
            self._append(replace(made, received=received, sent=sent, behind=behind))

    def _append(self, made: Connection) -> None:
        line = json.dumps(asdict(made), ensure_ascii=True).encode() + b"\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


def connections(path: Path) -> list[Connection]:
    """Return all that were made, the latest first; a line that cannot be read is passed over."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    found: dict[str, Connection] = {}
    for line in lines:
        try:
            made = Connection(**json.loads(line))
            made.begun  # noqa: B018 - raises ValueError for a time that is none
        except (ValueError, TypeError, RecursionError):
            continue
        found[made.id] = made
    return sorted(found.values(), key=lambda made: made.time, reverse=True)
