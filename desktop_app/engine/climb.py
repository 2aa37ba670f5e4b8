"""One model's way down the ladder on this machine: what is known, what is tried, what is learned.

Asks for the devices, has each new one checked, gives the placements that are left one after the
other, and says in one sentence why it came to the one that held.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from desktop_app.engine.causes import Cause, DiedError
from desktop_app.engine.devices import Device, devices_in, graphics
from desktop_app.engine.ladder import Room, rungs, shortest
from desktop_app.engine.learned import Learned, Verdict, fingerprint
from desktop_app.engine.memory_estimate import ModelShape, need
from desktop_app.engine.placement import Placement, Why
from desktop_app.errors import BugError, EngineError
from resources.errors import place_of
from resources.host_memory import available_memory

ANY: Final = "*"
"""Stands for all devices where a driver crashes as soon as they are listed."""
TOLERATED_ERROR: Final = 1e-2
"""NMSE of a device's logits. Half precision makes 1e-6 to 1e-3; what is broken makes 1 and more."""
GIB: Final = 2**30


@dataclass(frozen=True, slots=True)
class Laptop:
    """What a climb goes by, beside what llama.cpp says of the machine."""

    model: str
    """The model's name in what is learned: its hash."""
    shape: ModelShape | None
    learned: Path
    """The file of what is learned."""
    small_model: Path
    """A model to check devices with."""


class Climb:
    """The placements for one model, and the lessons of trying them."""

    def __init__(
        self,
        laptop: Laptop,
        n_ctx: int | None,
        *,
        listed: Callable[[], list[dict[str, Any]]],
        check: Callable[[str], float],
    ) -> None:
        """Find out what there is.

        Args:
            laptop: see there.
            n_ctx: tokens of context that are wanted.
            listed: lists the devices in a child; raises EngineError where that dies.
            check: computes on a device in a child (device_check.py); raises EngineError likewise.

        Raises:
            EngineError: the child was ended by us meanwhile, or never started, or has no
                processor to compute on.
        """
        self._laptop = laptop
        self._n_ctx = n_ctx
        self._check = check
        build = (platform.system(), platform.release(), metadata.version("llama-cpp-python"))
        self._learned = Learned(laptop.learned, fingerprint(build, ()))
        devices: tuple[Device, ...] = ()
        self._silent = self._learned.verdict(ANY) is not None
        if not self._silent:
            try:
                devices = devices_in(listed())
            except EngineError as error:
                if _says_nothing(error):
                    raise
                self._learned.note_verdict(ANY, Verdict(works=False, why=error.key))
                self._silent = True
            else:
                self._learned = Learned(laptop.learned, fingerprint(build, devices))
        self._graphics = graphics(devices)
        usable = [device for device in self._graphics if self._works(device.name)]
        total = next((device.total for device in devices if device.kind == "cpu"), None)
        self._room = Room(usable, available_memory(), total)
        self._failed = self._learned.failures(laptop.model)
        self._broken = self._learned.failures(laptop.model, memory=False)
        """Those of them that had another reason than want of memory."""

    def placements(self) -> Iterator[Placement]:
        """Yield what is left to try, the best one first.

        Raises:
            EngineError: by estimate there is nothing to try, for want of memory.
        """
        left = self._left()
        first = next(left, None)
        if first is None and any(each.device is None for each in self._failed):
            # What other programs held of the processor's memory then may be free now.
            self._failed = [each for each in self._failed if each.device is not None]
            left = self._left()
            first = next(left, None)
        if first is None:
            raise self._too_large()
        yield first
        yield from left

    def fell(self, placement: Placement, error: EngineError | BugError) -> bool:
        """Note that a placement did not hold; tell whether that is a reason to try the next one.

        On the processor only want of memory is one: what else is wrong is wrong everywhere. A child
        that somebody ended, or that never started, is none.
        """
        if isinstance(error, EngineError) and _says_nothing(error):
            return False
        memory = _for_want_of_memory(error)
        if placement.device is None and not memory:
            return False
        self._failed.append(placement)
        if not memory:
            self._broken.append(placement)
        self._learned.note_failure(self._laptop.model, placement, memory=memory)
        return True

    @property
    def threads(self) -> int | None:
        """With how many threads the model is fastest, where that was measured."""
        return self._learned.threads(self._laptop.model)

    def measured(self, threads: int) -> None:
        """Remember with how many threads it is."""
        self._learned.note_threads(self._laptop.model, threads)

    def why(self, placement: Placement) -> Why:
        """Say where the model computes, and what kept it from more."""
        shape = self._laptop.shape
        if placement.device is not None:
            return self._on_device(placement)
        wanted = self._n_ctx or (shape.context if shape else None)
        if placement.n_ctx and wanted and placement.n_ctx < wanted:
            return Why("placement.short_context", {"tokens": placement.n_ctx})
        if placement.cache != "f16":
            return Why("placement.small_cache", {})
        if self._silent:
            return Why("placement.driver_failed", {})
        if not self._graphics:
            return Why("placement.processor", {})
        first = self._graphics[0]
        failed = first not in self._room.devices or any(
            each.device == first.name for each in self._failed
        )
        name = first.description or first.name
        return Why(
            "placement.device_failed" if failed else "placement.device_small", {"device": name}
        )

    def _left(self) -> Iterator[Placement]:
        return rungs(self._laptop.shape, self._n_ctx, self._room, self._failed)

    def _on_device(self, placement: Placement) -> Why:
        shape = self._laptop.shape
        device = next(each for each in self._graphics if each.name == placement.device)
        values: dict[str, Any] = {"device": device.description or device.name}
        larger_broke = any(each.asks_as_much_as(placement) for each in self._broken)
        why = "_failed" if larger_broke else ""
        if shape is not None and placement.layers <= len(shape.layers):
            part = {"layers": placement.layers, "of": len(shape.layers) + 1}
            return Why(f"placement.device_part{why}", values | part)
        if placement.cache != "f16":
            return Why(f"placement.device_small_cache{why}", values)
        return Why("placement.device", values)

    def _works(self, device: str) -> bool:
        """Tell whether a device computes; it is checked where that is not known."""
        verdict = self._learned.verdict(device)
        if verdict is None:
            # Noted beforehand: a driver may take the program with it, or the whole machine.
            self._learned.note_verdict(device, Verdict(works=False, why="unfinished"))
            try:
                verdict = self._checked(device)
            finally:
                if verdict is None:  # it was given up, which says nothing of the device
                    self._learned.forget_verdict(device)
            self._learned.note_verdict(device, verdict)
        return verdict.works

    def _checked(self, device: str) -> Verdict:
        try:
            right = self._check(device) <= TOLERATED_ERROR
        except EngineError as error:
            if _says_nothing(error):
                raise
            return Verdict(works=False, why=error.key)
        except BugError as error:
            return Verdict(works=False, why=place_of(error))
        return Verdict(right, "computes" if right else "wrong")

    def _too_large(self) -> EngineError:
        """Return the error that says how much memory the last rung needs."""
        shape, room = self._laptop.shape, self._room
        assert shape is not None, "without a shape there is something to try"
        wanted = need(shape, shortest(shape, self._n_ctx))
        needed, there = wanted.host, room.total
        if room.total is None or wanted.host <= room.total:
            needed, there = wanted.host - wanted.mapped, room.available
        return EngineError(
            "engine.too_large", needed=_gib(needed, up=True), there=_gib(there or 0, up=False)
        )


def _says_nothing(error: EngineError) -> bool:
    """Tell whether no device is to blame.

    The child was ended, or it had not begun, or the installation is not whole, or the file is gone.
    """
    ended = isinstance(error, DiedError) and not error.crashed
    return ended or error.key in {
        "engine.cannot_start",
        "engine.no_module",
        "engine.file_gone",
    }


def _for_want_of_memory(error: EngineError | BugError) -> bool:
    return isinstance(error, EngineError) and error.key in {
        "engine.no_memory",
        Cause.MEMORY.value,
        Cause.DEVICE_MEMORY.value,
        Cause.KILLED.value,
    }


def _gib(size: int, *, up: bool) -> str:
    """Return bytes in GiB with one decimal, rounded so that the comparison stays true."""
    tenths = 10 * size / GIB
    return f"{(int(tenths) + (1 if up else 0)) / 10:.1f}"
