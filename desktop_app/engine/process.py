"""The engine as the app uses it: a child process that is there when needed.

Keeps the promise of protocol.py. The child is started at the first call, replaced after its
death, and holds nothing that would be lost with it: each request carries its whole transcript.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from desktop_app.dialogue import Turn
from desktop_app.engine import wire
from desktop_app.engine.child import Child
from desktop_app.engine.protocol import Finished, Loaded, Piece, Request
from desktop_app.engine.threads import physical_cores
from desktop_app.errors import BugError, EngineError

HANDSHAKE_S: Final = 60.0
"""A child that has not said hello by then never will; a cold disk needs a few seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the child loads and how."""

    model: Path
    workdir: Path
    """The child's current folder: private, empty, its own."""
    n_ctx: int | None = None
    """Tokens of context; None is what the model was trained for."""
    threads: int | None = None
    """None is one per physical core."""


class ChildEngine:
    """An `Engine` in a supervised child process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._numbers = itertools.count()
        self._child: Child | None = None
        self._loaded: Loaded | None = None
        self._swapping = threading.Lock()
        self._running: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Loaded:
        """See `Engine.start`."""
        if self._child is not None and not self._child.alive:
            self.close()
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def count(self, turns: tuple[Turn, ...]) -> int:
        """See `Engine.count`."""
        self.start()
        number = next(self._numbers)
        self._send({"op": "count", "id": number, "turns": wire.turns_out(turns)})
        return int(self._event(number, "counted")["tokens"])

    def reply(self, request: Request) -> Iterator[Piece | Finished]:
        """See `Engine.reply`."""
        self.start()
        number = self._running = next(self._numbers)
        self._send(
            {
                "op": "reply",
                "id": number,
                "turns": wire.turns_out(request.turns),
                "sampling": wire.sampling_out(request.sampling),
                "max_tokens": request.max_tokens,
            }
        )
        finished = False
        try:
            while not finished:
                event = self._event(number, "piece", "finished")
                finished = event["event"] == "finished"
                yield wire.finished_in(event) if finished else Piece(event["text"])
        except GeneratorExit:
            self.cancel()
            self._discard(number)
            raise
        finally:
            self._running = None

    def cancel(self) -> None:
        """See `Engine.cancel`."""
        number, child = self._running, self._child
        if number is not None and child is not None:
            child.send({"op": "cancel", "id": number})

    def close(self) -> None:
        """See `Engine.close`."""
        with self._swapping:
            child, self._child, self._loaded = self._child, None, None
        if child is not None:
            child.stop()

    def describe(self) -> dict[str, Any]:
        """Return llama.cpp's version, processor features and devices; loads no model."""
        if self._child is None or not self._child.alive:
            self.close()
            self._spawn()
        number = next(self._numbers)
        self._send({"op": "describe", "id": number})
        described: dict[str, Any] = self._event(number, "described")["facts"]
        return described

    def _spawn(self) -> Child:
        """Start a child and wait for its first line."""
        try:
            child = Child(self.settings.workdir)
        except OSError as error:
            raise EngineError("engine.cannot_start") from error
        with self._swapping:
            self._child = child
        try:
            hello = child.next_event(timeout=HANDSHAKE_S)
        except queue.Empty:
            hello = None
        if hello is None or hello.get("wire") != wire.WIRE_VERSION:
            self.close()
            raise EngineError("engine.cannot_start")
        return child

    def _load(self) -> Loaded:
        began = time.perf_counter()
        threads = self.settings.threads or physical_cores()
        child = self._child or self._spawn()
        number = next(self._numbers)
        self._send(
            {
                "op": "load",
                "id": number,
                "path": str(self.settings.model.absolute()),
                "n_ctx": self.settings.n_ctx,
                "threads": threads,
            }
        )
        try:
            loaded = self._event(number, "loaded")
        except EngineError:
            self.close()
            raise
        milliseconds = 1000 * (time.perf_counter() - began)
        return Loaded(int(loaded["n_ctx"]), threads, milliseconds, child.pid)

    def _send(self, message: wire.Message) -> None:
        if self._child is not None:
            self._child.send(message)

    def _event(self, number: int, *expected: str) -> wire.Message:
        """Wait for the next event of request `number`; turn failures into errors."""
        child = self._child
        event = child.next_event() if child is not None else None
        if event is None or child is None:
            cause = "closed" if child is None else child.cause_of_death()
            self.close()
            raise EngineError("engine.died", cause=cause)
        if event["event"] == "known":
            raise EngineError(event["key"], **event["values"])
        if event["event"] not in expected or event.get("id") != number:
            self.close()
            what = f"the engine's child sent {event['event']} for {' or '.join(expected)}"
            raise BugError(what, event.get("place"))
        return event

    def _discard(self, number: int) -> None:
        """Read the rest of a reply nobody wants, so that the next one starts clean."""
        try:
            while self._event(number, "piece", "finished")["event"] != "finished":
                pass
        except EngineError:
            self.close()
