"""What an engine promises: the types that cross between the conversation and the model.

`ChildEngine` in process.py keeps this promise with a child process. Nothing here knows llama.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from desktop_app.dialogue import Turn
from desktop_app.engine.sampling import Sampling

Stop = Literal["end", "length", "cancelled"]
"""Why a reply ended: by itself, at max_tokens or the context's edge, or on request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One reply to be written: the transcript as the model shall read it."""

    turns: tuple[Turn, ...] = field(repr=False)
    sampling: Sampling
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The next characters of a reply; never half a character."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a reply and what it cost."""

    text: str = field(repr=False)
    """The whole reply: all pieces joined."""
    stop: Stop
    prompt_tokens: int
    """Tokens of the rendered transcript, reply header included."""
    evaluated_tokens: int
    """Those of them that were not in the KV cache already."""
    reply_tokens: int
    ttft_ms: float
    """From the request's arrival in the child to the first sampled token."""
    tokens_per_s: float
    """Of the reply after its first token; 0 when it has at most one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is in memory."""

    n_ctx: int
    """Tokens of context: transcript and reply together."""
    threads: int
    load_ms: float
    pid: int
    """Process id of the child that holds the model."""


class Engine(Protocol):
    """Writes replies, one at a time. A dead child is replaced at the next call.

    All methods raise `EngineError` (a KnownError) when the child cannot start, the model cannot
    be loaded, or the child dies under the call. One thread at a time uses `start`, `count` and
    `reply`; `cancel` and `close` may come from any thread.
    """

    def start(self) -> Loaded:
        """Start the child and load the model unless that is done; return what is loaded."""
        ...

    def count(self, turns: tuple[Turn, ...]) -> int:
        """Return the tokens of the rendered transcript, reply header included."""
        ...

    def reply(self, request: Request) -> Iterator[Piece | Finished]:
        """Yield pieces as they come, then exactly one `Finished`.

        Leaving the iterator early cancels the reply.
        """
        ...

    def cancel(self) -> None:
        """End the reply in progress within 300 ms; it finishes with stop "cancelled"."""
        ...

    def close(self) -> None:
        """Stop the child. A later call starts it anew."""
        ...
