"""What this machine has taught: devices that fail, placements tried in vain, threads measured.

One small file, good for one machine as it is now: with another device, system or llama.cpp, or
another of NVIDIA's drivers on Linux, all of it is forgotten. A failure is forgotten too when the
machine has slept or was started since: a driver that lost its device may have it again, another one
may be there, and memory is free again. The file
names models by their hash, and says nothing of what was talked about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from desktop_app.atomic_file import write_atomically
from desktop_app.engine import asleep
from desktop_app.engine.asleep import Moment
from desktop_app.engine.devices import Device
from desktop_app.engine.placement import Placement
from desktop_app.paths import private_folder
from resources.errors import KnownError

FORMAT: Final = 1
DRIVER: Final = Path("/proc/driver/nvidia/version")
"""The one driver whose version stands in a file; that another is new is noticed at a restart."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a device's test came to."""

    works: bool
    why: str
    """`computes`, `wrong`, `unfinished`, or how the child died; for doctor, not for a person."""


def fingerprint(build: Iterable[object], devices: Iterable[Device]) -> str:
    """Return a name for the machine as it is now: its devices, drivers and llama.cpp."""
    try:
        driver = DRIVER.read_text(encoding="utf-8", errors="replace")
    except OSError:
        driver = ""
    parts = [[each.name, each.description, each.backend, each.total] for each in devices]
    plain = json.dumps([[str(each) for each in build], driver, parts])
    return hashlib.sha256(plain.encode()).hexdigest()


class Learned:
    """The file, read at every question and written whole at every lesson.

    A file that cannot be read is an empty one, and one that cannot be written teaches nothing:
    then the machine is learned anew each time.
    """

    def __init__(self, path: Path, machine: str, now: Callable[[], Moment] = asleep.now) -> None:
        self._path = path
        self._machine = machine
        self._now = now

    def verdict(self, device: str) -> Verdict | None:
        """Return what a device's test came to; None where it is to be tested."""
        noted = self._read()["devices"].get(device)
        if noted is None or not (noted["works"] or self._counts(noted)):
            return None
        return Verdict(bool(noted["works"]), str(noted["why"]))

    def note_verdict(self, device: str, verdict: Verdict) -> None:
        """Remember what a device's test came to."""
        facts = self._read()
        facts["devices"][device] = asdict(verdict) | self._moment()
        self._write(facts)

    def forget_verdict(self, device: str) -> None:
        """Have a device tested the next time, as if it had never been."""
        facts = self._read()
        facts["devices"].pop(device, None)
        self._write(facts)

    def failures(self, model: str, *, memory: bool | None = None) -> list[Placement]:
        """Return where a model could not be loaded, or died: for want of `memory`, or not."""
        noted = self._read()["failures"].get(model, [])
        return [
            Placement(**each["placement"])
            for each in noted
            if self._counts(each) and memory in {None, each.get("memory", True)}
        ]

    def note_failure(self, model: str, placement: Placement, *, memory: bool) -> None:
        """Remember that a model could not be loaded there, or died: for want of memory, or not."""
        facts = self._read()
        plain = asdict(placement)
        noted = facts["failures"].setdefault(model, [])
        noted[:] = [each for each in noted if each["placement"] != plain]
        noted.append({"placement": plain, "memory": memory} | self._moment())
        self._write(facts)

    def threads(self, model: str) -> int | None:
        """Return with how many threads a model is fastest; None where that was not measured."""
        noted = self._read()["threads"].get(model)
        return None if noted is None else int(noted)

    def note_threads(self, model: str, threads: int) -> None:
        """Remember with how many threads a model is fastest."""
        facts = self._read()
        facts["threads"][model] = threads
        self._write(facts)

    def _counts(self, noted: Facts) -> bool:
        return not self._now().fresh_since(_moment_of(noted))

    def _moment(self) -> Facts:
        return asdict(self._now())

    def _read(self) -> Facts:
        empty: Facts = {"devices": {}, "failures": {}, "threads": {}}
        try:
            facts = json.loads(self._path.read_bytes())
            if facts["format"] == FORMAT and facts["machine"] == self._machine:
                _follow(facts)
                return {name: dict(facts[name]) for name in empty}
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            pass
        return empty

    def _write(self, facts: Facts) -> None:
        content = {"format": FORMAT, "machine": self._machine} | facts
        with suppress(OSError, KnownError):
            private_folder(self._path.parent)
            write_atomically(self._path, json.dumps(content).encode())


def _follow(facts: Facts) -> None:
    """Read all of it once, so that what is not as it was written shows itself here."""
    for noted in facts["devices"].values():
        Verdict(bool(noted["works"]), str(noted["why"])), _moment_of(noted)
    for failures in facts["failures"].values():
        for noted in failures:
            Placement(**noted["placement"]), _moment_of(noted)
    for threads in facts["threads"].values():
        int(threads)


def _moment_of(noted: Facts) -> Moment:
    return Moment(str(noted["boot"]), float(noted["asleep_s"]), float(noted["started_s"]))
