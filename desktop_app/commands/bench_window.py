"""The window's figures: its starts and its idle memory beside those of an empty PySide6 window.

Each is a process of its own, started from nothing with the files in the system's cache, and a few
times without them there. The two windows take turns, so that a busy machine slows both; medians are
reported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any, Final

from desktop_app.commands.display import has_display
from desktop_app.errors import BugError
from desktop_app.paths import Paths
from desktop_app.settings import AgeBand, Settings, write
from desktop_app.vault.errors import KeyringError
from desktop_app.vault.keychain import Keychain
from desktop_app.vault.vault import open_with_passphrase

PAIRS: Final = 15
COLD_PAIRS: Final = 3
"""Few: whatever else runs on the machine finds its files gone from the cache, too."""
PATIENCE_S: Final = 300.0
"""One measured window is ended after so long, and the bench with it."""
IDLE_S: Final = 10.0
"""Memory is read so long after the start."""
NO_MODEL: Final = "none.gguf"

Facts = dict[str, Any]


def measure_window(paths: Paths, passphrase: str, model: Path) -> Facts:
    """Return start, idle memory, a long conversation's opening and scrolling, and stalls.

    Args:
        paths: folders with a history as `measure_history` leaves it; all below `paths.data`.
        passphrase: what opens it.
        model: what the window loads while it starts.
    """
    everything = Settings(language="zh", age=AgeBand.UNSAID, region="CN", notice_confirmed=True)
    write(paths.settings, everything)
    folder = ("--data-dir", str(paths.data))
    starting = ("desktop_app.bench_window", "start", *folder, "--model", str(model))
    idling = ("desktop_app.bench_window", "idle", *folder, "--model", str(paths.data / NO_MODEL))
    dying = ("desktop_app.bench_window", "faults", *starting[2:])
    talking = ("desktop_app.bench_window", "session", *idling[2:])
    asked, platform = _starts(starting)
    cold = _cold_starts(starting)
    with _opened_by_keyring(paths, passphrase) as opens:
        by_keyring = _starts((starting[0], "start_by_keyring", *starting[2:]))[0] if opens else None
    with _process(talking, passphrase) as process:
        session = _line(process)
    with _process(dying, passphrase) as process:
        stalls = _line(process)
    return {
        "platform": platform,
        "pairs": PAIRS,
        "start_ms": asked,
        "cold_start_ms": cold,
        "start_by_keyring_ms": by_keyring,
        "idle_pss_bytes": {
            "ours": _idle_memory(idling, passphrase),
            "with_model": _idle_memory((idling[0], "idle", *starting[2:]), passphrase),
            "empty": _idle_memory(EMPTY),
        },
        "session": session,
        "stall_ms": stalls,
    }


EMPTY: Final = ("desktop_app.views.bench_empty",)


def _starts(command: tuple[str, ...], *, cold: bool = False) -> tuple[Facts, str]:
    """Return the milliseconds until our window can be used beside an empty one, and Qt's platform.

    `history`: until the conversation is there, for a start that opens one by itself. `cold`: with
    the program's files on the disk alone, as after the computer was started.
    """
    ours, empty, history, platform = [], [], [], ""
    for _ in range((COLD_PAIRS if cold else PAIRS) + 1):
        if cold:
            _forget_files()
        began = time.perf_counter()
        with _process(command) as process:
            platform = _line(process)["platform"]
            ours.append(1000 * (time.perf_counter() - began))
            if "start_by_keyring" in command:
                _line(process)
                history.append(1000 * (time.perf_counter() - began))
        if cold:
            _forget_files()
        began = time.perf_counter()
        with _process(EMPTY) as process:
            _line(process)
            empty.append(1000 * (time.perf_counter() - began))
    # What the first of each read from the disk the others found in memory.
    del ours[0], empty[0], history[:1]
    facts = {
        "ours": round(median(ours), 1),
        "empty": round(median(empty), 1),
        "ratio": round(median(a / b for a, b in zip(ours, empty, strict=True)), 2),
    }
    return facts | ({"history": round(median(history), 1)} if history else {}), platform


def _cold_starts(command: tuple[str, ...]) -> Facts | None:
    """Return `_starts` with the files on the disk alone; None where the system keeps its cache."""
    return _starts(command, cold=True)[0] if hasattr(os, "posix_fadvise") else None


def _forget_files() -> None:
    """Have the system drop from its cache what the windows read: Python, Qt, and the program.

    What a running process has mapped stays in memory, this one's Python and the display's libraries
    among it: a computer that was just started is slower still.
    """
    for path in _files((Path(sys.prefix), Path(sys.base_prefix, "lib"), Path(__file__).parents[2])):
        with suppress(OSError):
            file = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(file)


def _files(folders: Iterable[Path]) -> Iterator[str]:
    """Yield each file in `folders` once, though some lie in others; no window reads Git's own."""
    every = {folder.resolve() for folder in folders}
    for folder in every:
        if every.isdisjoint(folder.parents):
            for place, inner, names in os.walk(folder):
                inner[:] = [name for name in inner if name != ".git"]
                yield from (f"{place}/{name}" for name in names)


@contextmanager
def _opened_by_keyring(paths: Paths, passphrase: str) -> Iterator[bool]:
    """Let this system's keyring open the history; give whether there is one that does."""
    keychain = Keychain()
    try:
        with open_with_passphrase(paths.vault, passphrase) as vault:
            vault.keys.keep_in(keychain)
    except KeyringError:
        yield False
        return
    try:
        yield True
    finally:
        with open_with_passphrase(paths.vault, passphrase) as vault:
            vault.keys.take_out_of(keychain)


def _idle_memory(command: tuple[str, ...], passphrase: str = "") -> int | None:
    """Return a window's share of memory 10 s after its start, and its child's, if it has one.

    None where /proc does not say.
    """
    began = time.perf_counter()
    with _process(command, passphrase) as process:
        _line(process)
        time.sleep(max(0.0, began + IDLE_S - time.perf_counter()))
        try:
            return sum(map(_share_of_memory, [process.pid, *_children(process.pid)]))
        except OSError:
            return None


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def _share_of_memory(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    pss = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return 1024 * int(pss.split()[1])


@contextmanager
def _process(command: tuple[str, ...], passphrase: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run one of the measuring modules; it is told to end afterwards, and waited for."""
    environment = dict(os.environ)
    # An installed program has its bytecode; one that may not write it would compile at each start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if not has_display():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdin is not None
        # A keyring may ask the person something, and never be answered.
        given_up = threading.Timer(PATIENCE_S, process.kill)
        given_up.start()
        process.stdin.write(passphrase + "\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            given_up.cancel()
            process.terminate()


def _line(process: subprocess.Popen[str]) -> Facts:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BugError(f"a measured window ended by itself: status {process.wait()}")
    facts: Facts = json.loads(line)
    return facts
