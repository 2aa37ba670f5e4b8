"""The engine as the app uses it: a child process that is there when needed.

Keeps the promise of protocol.py. The child is started at the first call, replaced after its
death, and holds nothing that would be lost with it: each request carries its whole transcript.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from desktop_app.dialogue import Turn
from desktop_app.engine import asleep, watchdog, wire
from desktop_app.engine.asleep import Moment
from desktop_app.engine.causes import Cause, Death, DiedError
from desktop_app.engine.child import Child
from desktop_app.engine.climb import Climb, Laptop
from desktop_app.engine.load_markers import LoadMarkers
from desktop_app.engine.placement import Placement, Why
from desktop_app.engine.protocol import Finished, Loaded, Piece, Request, always
from desktop_app.errors import BugError, EngineError
from resources.processor import candidates

HANDSHAKE_S: Final = 60.0
"""A child that has not said hello by then never will; a cold disk needs a few seconds."""
CANCEL_PATIENCE_S: Final = 0.05
"""A hung child takes nothing more: one of the cancels that are sent again waits for it, not all."""

NOTHING: Final = Finished(
    "", "cancelled", prompt_tokens=0, evaluated_tokens=0, reply_tokens=0, ttft_ms=0, tokens_per_s=0
)
"""The end of a reply that nobody wanted any more when it was to begin."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the child loads and how."""

    model: Path
    workdir: Path
    """The child's current folder: private, empty, its own."""
    n_ctx: int | None = None
    """Tokens of context; None is what the model was trained for."""
    threads: int | None = None
    """None is what was measured on this machine, or one per physical core."""
    markers: LoadMarkers | None = None
    """Where it is marked that a model is being loaded; None marks it nowhere."""
    sha256: str | None = None
    """The model's hash where it is known: a snapshot is another model's nothing."""
    laptop: Laptop | None = None
    """What the model's place is chosen by; None loads it on the processor, as it is asked for."""


class ChildEngine:
    """An `Engine` in a supervised child process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._numbers = itertools.count()
        self._child: Child | None = None
        self._checking: ChildEngine | None = None
        """Holds the child that a device is being checked in."""
        self._loaded: Loaded | None = None
        self._climb: Climb | None = None
        self._loaded_at: Moment | None = None
        self._swapping = threading.Lock()
        self._running: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def loaded(self) -> Loaded | None:
        """See `Engine.loaded`."""
        return self._loaded

    def start(self) -> Loaded:
        """See `Engine.start`."""
        if self._child is not None and not self._child.alive:
            self.close()
        loaded = self._loaded
        if loaded is None:
            markers, model = self.settings.markers, self.settings.model
            with nullcontext() if markers is None else markers.around_load(model):
                loaded = self._load()
            with self._swapping:  # another thread may have closed it at the last moment
                self._loaded = loaded if self._child is not None else None
        return loaded

    def count(self, turns: tuple[Turn, ...]) -> int:
        """See `Engine.count`."""
        self.start()
        number = next(self._numbers)
        self._send({"op": "count", "id": number, "turns": wire.turns_out(turns)})
        return int(self._event(number, "counted")["tokens"])

    def reply(
        self, request: Request, wanted: Callable[[], bool] = always
    ) -> Iterator[Piece | Finished]:
        """See `Engine.reply`."""
        self.start()
        number = self._running = next(self._numbers)
        if not wanted():  # asked after `_running` is set, as in `read`
            self._running = None
            yield NOTHING
            return
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

    def read(self, turns: tuple[Turn, ...], wanted: Callable[[], bool]) -> int:
        """See `Engine.read`."""
        self.start()
        number = self._running = next(self._numbers)
        try:
            # Asked after `_running` is set: who wants it no longer says so, then cancels.
            if not wanted():
                return 0
            self._send({"op": "read", "id": number, "turns": wire.turns_out(turns)})
            return int(self._event(number, "read")["tokens"])
        finally:
            self._running = None

    def snapshot(self, turns: tuple[Turn, ...], *, at_most: int, patience: float) -> bytes:
        """See `Engine.snapshot`."""
        if self._child is None or not self._child.alive or self._loaded is None:
            return b""
        number = next(self._numbers)
        at_most = min(at_most, wire.MOST_BYTES)
        asked = {"op": "snapshot", "id": number, "at_most": at_most}
        self._send(asked | {"turns": wire.turns_out(turns)})
        taken = self._event(number, "snapshot", patience_s=patience)
        content: bytes = taken.get("content", b"")
        return content

    def restore(self, snapshot: bytes) -> bool:
        """See `Engine.restore`."""
        self.start()
        number = next(self._numbers)
        self._send({"op": "restore", "id": number}, snapshot)
        return bool(self._event(number, "restored")["tokens"])

    def cancel(self) -> None:
        """See `Engine.cancel`."""
        number, child = self._running, self._child
        if number is not None and child is not None:
            child.send_aside({"op": "cancel", "id": number}, patience=CANCEL_PATIENCE_S)

    def kill(self) -> None:
        """See `Engine.kill`."""
        checking, child = self._checking, self._child
        if checking is not None:
            checking.kill()  # by us: nothing is remembered against the device
        elif child is not None:
            child.kill()

    def close(self) -> None:
        """See `Engine.close`."""
        with self._swapping:
            child, self._child, self._loaded = self._child, None, None
            checking, self._checking = self._checking, None
        if checking is not None:
            checking.close()
        if child is not None:
            child.stop()

    def describe(self) -> dict[str, Any]:
        """Return llama.cpp's version, features and devices, and whether the internet is refused.

        Loads no model.
        """
        if self._child is None or not self._child.alive:
            self.close()
            self._spawn()
        number = next(self._numbers)
        self._send({"op": "describe", "id": number})
        described: dict[str, Any] = self._event(number, "described")["facts"]
        return described

    def check(self, device: str) -> float:
        """Return how wrong a device computes (device_check.py), found out in a child that ends.

        `kill` and `close` end that child too.

        Raises:
            EngineError: the device took the child with it, or does not take the model.
        """
        assert self.settings.laptop is not None, "a device is checked with the laptop's small model"
        model = str(self.settings.laptop.small_model)
        with ChildEngine(self.settings) as other:
            with self._swapping:
                self._checking = other
            try:
                other._spawn()
                if self._checking is None:  # closed before there was a child to end
                    raise _closed()
                number = next(other._numbers)
                other._send({"op": "check", "id": number, "path": model, "device": device})
                return float(other._event(number, "checked")["error"])
            finally:
                with self._swapping:
                    self._checking = None

    def plan(self) -> Why | None:
        """Return where a load would begin, in a sentence; None where no place is chosen."""
        climb = self._climbing()
        return None if climb is None else climb.why(next(climb.placements()))

    def _climbing(self) -> Climb | None:
        laptop = self.settings.laptop
        if laptop is None:
            return None
        return Climb(
            laptop,
            self.settings.n_ctx,
            listed=lambda: self.describe()["devices"],
            check=self.check,
        )

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
            closed = self._child is None  # by another thread
            self.close()
            raise _closed() if closed else EngineError("engine.cannot_start")
        return child

    def _load(self) -> Loaded:
        """Load the model where the ladder says, further down where that does not hold."""
        began = time.perf_counter()
        climb = self._climb = self._climbing()
        if climb is None:
            return self._load_at(Placement(self.settings.n_ctx), began)
        fallen: EngineError | BugError | None = None
        for placement in climb.placements():
            try:
                return self._load_at(placement, began)
            except (EngineError, BugError) as error:  # on a device, what is wrong is the device's
                fallen = error
                if not climb.fell(placement, error):
                    break
        assert fallen is not None, "a ladder without rungs says so"
        raise fallen

    def _load_at(self, placement: Placement, began: float) -> Loaded:
        climb = self._climb
        known = self.settings.threads or (climb and climb.threads)
        unmeasured, *others = candidates()
        threads = known or unmeasured
        child = self._child or self._spawn()
        number = next(self._numbers)
        self._send(
            {
                "op": "load",
                "id": number,
                "path": str(self.settings.model.absolute()),
                "sha256": self.settings.sha256,
                "placement": asdict(placement),
                "threads": threads,
                # A device does the work itself; and without a climb nobody remembers.
                "others": others if climb and not known and placement.device is None else [],
            }
        )
        try:
            loaded = self._event(number, "loaded", patience_s=watchdog.LOAD_PATIENCE_S)
        except EngineError:
            self.close()
            raise
        self._loaded_at = asleep.now()
        milliseconds = 1000 * (time.perf_counter() - began)
        why = None if climb is None else climb.why(placement)
        return Loaded(int(loaded["n_ctx"]), threads, milliseconds, child.pid, placement, why)

    def _send(self, message: wire.Message, content: bytes = b"") -> None:
        child = self._child
        if child is not None:
            with watchdog.taken_within(child, watchdog.PATIENCE_S):
                child.send(message, content)

    def _event(self, number: int, *expected: str, patience_s: float | None = None) -> wire.Message:
        """Wait for the next event of request `number`; turn failures into errors."""
        child = self._child
        if child is None:
            raise _closed()
        event = self._news(child, patience_s or watchdog.PATIENCE_S)
        if event is None:
            death = DiedError(child.death())
            self._note_loss(death)
            self.close()
            raise death
        if event["event"] == "known":
            raise EngineError(event["key"], **event["values"])
        if event["event"] not in expected or event.get("id") != number:
            what = f"the engine's child sent {event['event']} for {' or '.join(expected)}"
            bug = BugError(what, event.get("place"))
            self._note_loss(bug)
            self.close()
            raise bug
        return event

    def _news(self, child: Child, patience_s: float) -> wire.Message | None:
        """Wait for what was asked for; None when the child is dead."""
        event = watchdog.next_sign(child, patience_s)
        while event is not None and event["event"] in {"alive", "measured"}:
            if event["event"] == "measured":
                self._measured(int(event["threads"]))
            event = watchdog.next_sign(child, patience_s)
        return event

    def _measured(self, threads: int) -> None:
        """Remember what the child has found out while nobody asked it for anything."""
        if self._climb is not None:
            self._climb.measured(threads)
        with self._swapping:
            if self._loaded is not None:
                self._loaded = replace(self._loaded, threads=threads)

    def _note_loss(self, error: DiedError | BugError) -> None:
        """Note that a child failed at work: where the place is to blame, the next one goes lower.

        It is not for what a sleep did: a device may have lost all that was on it. Nor for what a
        logout ends, or whoever has no time to wait.
        """
        loaded, climb, loaded_at = self._loaded, self._climb, self._loaded_at
        if loaded is None or climb is None or loaded_at is None:
            return
        if not asleep.now().fresh_since(loaded_at):
            climb.fell(loaded.placement, error)

    def _discard(self, number: int) -> None:
        """Read the rest of a reply nobody wants, so that the next one starts clean."""
        try:
            while self._event(number, "piece", "finished")["event"] != "finished":
                pass
        except EngineError:
            self.close()


def _closed() -> DiedError:
    return DiedError(Death(Cause.UNKNOWN, "closed", crashed=False))
