"""What an engine promises: the types that cross between the conversation and the model.

`ChildEngine` in process.py keeps this promise with a child process. Nothing here knows llama.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from desktop_app.dialogue import Turn
from desktop_app.engine.placement import ON_PROCESSOR, Placement, Why
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
    placement: Placement = ON_PROCESSOR
    why: Why | None = None
    """Why it is there, where that was chosen."""


def always() -> bool:
    """Want it."""
    return True


class Engine(Protocol):
    """Writes replies, one at a time. A dead child is replaced at the next call.

    All methods raise `EngineError` (a KnownError) when the child cannot start, the model cannot
    be loaded, or the child dies under the call. `cancel`, `kill` and `close` may come from
    any thread; one thread at a time uses the others.
    """

    @property
    def loaded(self) -> Loaded | None:
        """What is in memory now; None where nothing is, or no longer."""
        ...

    def start(self) -> Loaded:
        """Start the child and load the model unless that is done; return what is loaded."""
        ...

    def count(self, turns: tuple[Turn, ...]) -> int:
        """Return the tokens of the rendered transcript, reply header included."""
        ...

    def reply(
        self, request: Request, wanted: Callable[[], bool] = always
    ) -> Iterator[Piece | Finished]:
        """Yield pieces as they come, then exactly one `Finished`.

        Leaving the iterator early cancels the reply. `wanted` is asked as in `read`.
        """
        ...

    def read(self, turns: tuple[Turn, ...], wanted: Callable[[], bool]) -> int:
        """Evaluate a transcript up to where its last text ends, before a reply is asked for.

        Returns how many tokens that took. `cancel` ends it, and what it has read by then stays.
        `wanted` is asked once, before it begins: who says no there and then calls `cancel` is
        heard, whatever thread is where.
        """
        ...

    def snapshot(self, turns: tuple[Turn, ...], *, at_most: int, patience: float) -> bytes:
        """Return what has been read of an answered conversation, for `restore`; b"" for nothing.

        Nothing that is not in `turns` is in it. Nothing is returned where it would be more than
        `at_most` bytes, or so little that it is not worth a file. A child that has not answered
        after `patience` seconds is ended.
        """
        ...

    def restore(self, snapshot: bytes) -> bool:
        """Have read what a snapshot holds; False where it is refused, and then for good.

        It is the caller's to prove that it is whole and came from `snapshot`.
        """
        ...

    def cancel(self) -> None:
        """End the reply or reading in progress within 300 ms.

        A reply finishes with stop "cancelled".
        """
        ...

    def kill(self) -> None:
        """End a child that does not listen; a reply in progress ends in EngineError."""
        ...

    def close(self) -> None:
        """Stop the child. A later call starts it anew."""
        ...
