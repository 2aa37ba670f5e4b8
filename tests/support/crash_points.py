"""Children that die by SIGKILL at a named moment, or at a random one.

    python -m tests.support.crash_points POINT MODULE:FUNCTION ARGUMENT…

calls the function with the arguments as text and dies when `crash_point(POINT)` is passed.
`POINT#2` is the second time it is, `POINT+500` half a millisecond later. Nobody dies of an empty
POINT: it prints the names that are passed and when, in microseconds, and `end` last. The function
may pass points of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from resources.crash_points import EVENT
from tests.support.source_tree import ROOT


def killed_at(point: str, function: str, *arguments: str | Path) -> bool:
    """Run `module:function` in a child that dies at `point`; tell whether it did."""
    run = _run(point, function, *arguments)
    # SIGALRM's default is as sudden as SIGKILL, and the kernel sends it to the microsecond.
    assert run.returncode in {0, -signal.SIGKILL, -signal.SIGALRM}, run.stderr
    return run.returncode != 0


@dataclass(frozen=True)
class Course:
    """What a function passes where nobody kills it: names, and when, in microseconds."""

    passed: tuple[tuple[str, int], ...]
    """The last one is `end`."""

    def names(self) -> list[str]:
        """Return the names of the moments, in their order."""
        return [name for name, _ in self.passed[:-1]]

    def at(self, share: float, after: str) -> str:
        """Return the POINT after `share` (0 to 1) of the time from the first `after` to the end.

        It is told by the moment passed before it, so that a slower or a faster run of the same
        is killed where it does the same.
        """
        names = self.names()
        begins, ends = self.passed[names.index(after)][1], self.passed[-1][1]
        when = begins + share * (ends - begins)
        last = max(place for place, (_, at) in enumerate(self.passed[:-1]) if at <= when)
        name, at = self.passed[last]
        return f"{name}#{names[: last + 1].count(name)}+{max(1, round(when - at))}"


def course(function: str, *arguments: str | Path) -> Course:
    """Run `module:function` in a child that nobody kills."""
    run = _run("", function, *arguments)
    assert run.returncode == 0, run.stderr
    return Course(tuple((name, int(at)) for name, at in map(str.split, run.stdout.splitlines())))


def points_passed(function: str, *arguments: str | Path) -> list[str]:
    """Return the names of the moments that `module:function` passes, in their order."""
    return course(function, *arguments).names()


def _run(point: str, function: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.crash_points", point, function]
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=ROOT, capture_output=True, check=False, text=True
    )


def tell(name: object) -> None:
    """Print the name of a moment and when it is."""
    sys.stdout.write(f"{name} {time.monotonic_ns() // 1000}\n")


def listen(point: str) -> None:
    """Arm this process."""
    name, _, microseconds = point.partition("+")
    name, _, number = name.partition("#")
    left = [int(number or 1)]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event != EVENT:
            return
        if not point:
            tell(arguments[0])
        elif arguments[0] == name:
            left[0] -= 1
            if left[0] == 0 and microseconds:
                signal.setitimer(signal.ITIMER_REAL, int(microseconds) / 1e6)
            elif left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def main(point: str, function: str, *arguments: str) -> None:
    module, _, name = function.partition(":")
    action = getattr(import_module(module), name)
    listen(point)
    action(*arguments)
    if not point:
        tell("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
