"""What a download's process is told, and what it tells: one JSON object a line.

Parent to child, on stdin:
    the job                                            one line
    end of stdin                                       stop; what has come stays for the next time

Child to parent, on stdout:
    {"event": "found", "revision", "file", "bytes", "sha256"}
    {"event": "progress", "done", "total"}             bytes in the part file
    {"event": "waiting", "seconds", "asked"}           a pause, asked for by the hub or not
    {"event": "checking"}                              all is there; its checksum is computed
    {"event": "installed", "id"}                       last line of a `get`
    {"event": "known", "key", "values"}                a KnownError, by key
    {"event": "bug", "place"}                          type and place of an exception, no text
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from desktop_app.models.catalogue import Entry, Pin
from desktop_app.models.library import CONTEXT
from desktop_app.models.source import Source

STALL_S: Final = 30
"""Seconds without a byte after which a connection is given up (Ollama's figure)."""
PATIENCE_S: Final = {"look": 10, "pin": 10, "get": 30 * 60}
"""Seconds that a network or a hub in trouble is waited for without a byte, by the reason: whoever
only looks sits before the window. What is being fetched may be fetched by night."""

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do on the internet, asked for by a person."""

    reason: str
    """`look`, `pin` or `get`."""
    id: str
    repository: str
    pattern: str
    endpoint: str
    proxy: str | None
    installed: str
    """The folder of installed models."""
    ledger: str
    """The file of connections."""
    pin: Pin | None = None
    """What to get; None looks up what there is."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """What goes into `model.json` beside what is found out."""
    stall_s: int = STALL_S
    patience_s: int = PATIENCE_S["get"]

    def line(self) -> bytes:
        """Return the job as a line."""
        return json.dumps(asdict(self)).encode() + b"\n"


def job_from(line: bytes) -> Job:
    """Return the job of a line."""
    plain = json.loads(line)
    pin = plain.pop("pin")
    return Job(**plain, pin=pin and Pin(**pin))


def job_for(
    entry: Entry,
    source: Source,
    installed: Path,
    ledger: Path,
    *,
    reason: str = "look",
    pin: Pin | None = None,
    stall_s: int = STALL_S,
    patience_s: int | None = None,
) -> Job:
    """Return the job that looks `entry` up, or gets what `pin` names of it."""
    return Job(
        reason=reason,
        id=entry.id,
        repository=entry.repository,
        pattern=entry.pattern,
        endpoint=source.endpoint,
        proxy=source.proxy,
        installed=str(installed),
        ledger=str(ledger),
        pin=pin,
        manifest={
            "name": entry.name,
            "licence": entry.licence,
            "languages": list(entry.languages),
            "context": None if entry.context is None else min(entry.context, CONTEXT),
            "sampling": dict(entry.sampling),
            "quantisation": entry.quantisation,
            "repository": entry.repository,
        },
        stall_s=stall_s,
        patience_s=PATIENCE_S[reason] if patience_s is None else patience_s,
    )
