"""The language of the pipe between parent and child: one JSON object a line, UTF-8.

A line that names "bytes" is followed by so many raw ones, a KV snapshot; no file carries it.

Parent to child:
    {"op": "load", "id", "path", "sha256", "placement": {…}, "threads", "others": [n, …]}
    {"op": "describe", "id"}
    {"op": "check", "id", "path", "device"}
    {"op": "count", "id", "turns": [[role, content], …]}
    {"op": "reply", "id", "turns", "sampling": {…}, "max_tokens"}
    {"op": "read", "id", "turns"}
    {"op": "snapshot", "id", "turns", "at_most"}
    {"op": "restore", "id", "bytes"}          and the snapshot
    {"op": "cancel", "id"}                    everything up to that id
    end of stdin                              stop

Child to parent:
    {"event": "hello", "wire", "pid", "llama_cpp"}     first line, before anything is loaded
    {"event": "loaded" | "described" | "checked" | "counted" | "piece" | "finished", "id", …}
    {"event": "read" | "restored", "id", "tokens"}
    {"event": "snapshot", "id", "bytes"}               and the snapshot
    {"event": "measured", "threads"}                   found out between two requests
    {"event": "alive"}                                 a sign of life while nothing else comes
    {"event": "known", "id", "key", "values"}          a KnownError, by key
    {"event": "bug", "id", "place"}                    type and place of an exception, no text
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, Any, Final

from desktop_app.dialogue import Role, Turn
from desktop_app.engine.protocol import Finished
from desktop_app.engine.sampling import Sampling

WIRE_VERSION: Final = 2
MOST_BYTES: Final = 2**30
"""A snapshot of more is not taken: it would be sealed in one piece, in memory."""

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """Return one line, newline included. ASCII escapes keep any text to a single line."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the object of one line; raises ValueError when it is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a line of the pipe is not an object")  # noqa: TRY004 - one error for all
    return message


def write(stream: IO[bytes], message: Message, content: bytes = b"") -> None:
    """Write a line, and the raw bytes it names."""
    if content:
        message = message | {"bytes": len(content)}
    stream.write(encode(message))
    stream.write(content)
    stream.flush()


def read(stream: IO[bytes]) -> Message | None:
    """Return the next object, raw bytes as its "content"; None at the end, or where it is torn.

    Raises:
        ValueError: a line is none of ours.
    """
    line = stream.readline()
    if not line:
        return None
    message = decode(line)
    size = message.get("bytes")
    if size is None:
        return message
    if not isinstance(size, int) or not 0 <= size <= MOST_BYTES:
        raise ValueError("a line of the pipe names no number of bytes")
    content = stream.read(size)
    return message | {"content": content} if len(content) == size else None


def turns_out(turns: tuple[Turn, ...]) -> list[list[str]]:
    """Return turns as plain lists."""
    return [[turn.role.value, turn.content] for turn in turns]


def turns_in(plain: list[list[str]]) -> tuple[Turn, ...]:
    """Return turns from plain lists."""
    return tuple(Turn(Role(role), content) for role, content in plain)


def sampling_out(sampling: Sampling) -> Message:
    """Return sampling values as a plain object."""
    return asdict(sampling)


def sampling_in(plain: Message) -> Sampling:
    """Return sampling values from a plain object."""
    return Sampling(**plain)


def finished_out(number: int, finished: Finished) -> Message:
    """Return the end of reply `number` as a plain object."""
    return {"event": "finished", "id": number, "finished": asdict(finished)}


def finished_in(message: Message) -> Finished:
    """Return the end of a reply from a plain object."""
    return Finished(**message["finished"])
