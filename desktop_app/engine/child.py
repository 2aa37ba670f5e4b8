"""One child process as the parent holds it: start, send, listen, notice death, stop."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from desktop_app.engine import wire

PASSED_ON: Final = frozenset(
    {
        "LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
        "SYSTEMROOT", "TEMP", "TMP", "WINDIR",
    }
)  # fmt: skip
"""All of the parent's environment that the child may see: where to find Python and libraries."""
SET_BY_US: Final = {
    "GGML_NO_BACKTRACE": "1",
    "GOMP_SPINCOUNT": "1000",
    "PYTHONUTF8": "1",
}
"""GGML_NO_BACKTRACE: a failing assertion would start gdb on the child, memory and all.

GOMP_SPINCOUNT: llama.cpp's threads wait for each other after every operation. By default they
spin for about a millisecond first, which on a machine with other work to do keeps off the core
the very thread they wait for: 2 threads beside 2 busy processes wrote 1 to 5 tokens/s where a
short spin (microseconds) wrote 90.
"""
PATIENCE_S: Final = 5.0
"""How long a child may take to end after its stdin did, before it is killed."""


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the allow-listed part of `environ`, plus what ggml needs to hear."""
    passed = {name: value for name, value in environ.items() if name in PASSED_ON}
    return passed | SET_BY_US


class Child:
    """A running worker. Its lines arrive in `next_event`; None there is its death."""

    def __init__(self, workdir: Path) -> None:
        """Start the worker in `workdir`, its own and private; raises OSError."""
        self._workdir = workdir
        self._events: queue.SimpleQueue[wire.Message | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError] = queue.SimpleQueue()
        # The kernel kills the child when the thread that started it ends (PDEATHSIG counts
        # threads, not processes). So it is started by the thread that listens to it.
        self._keeper = threading.Thread(target=self._keep, name="engine-keeper", daemon=True)
        self._keeper.start()
        started = self._started.get()
        if isinstance(started, OSError):
            raise started
        self._process = started

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Tell whether the process still runs."""
        if not hasattr(os, "waitid"):
            return self._process.poll() is None
        # While the keeper waits for the process, `poll` answers None even for a dead one.
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        except ChildProcessError:
            return False

    def send(self, message: wire.Message) -> None:
        """Write one line. A dead child is not an error here: its death is the next event."""
        assert self._process.stdin is not None
        with self._writing:
            try:
                self._process.stdin.write(wire.encode(message))
                self._process.stdin.flush()
            except (BrokenPipeError, ValueError):
                return

    def next_event(self, timeout: float | None = None) -> wire.Message | None:
        """Wait for the next line; None when the child is dead.

        Raises:
            queue.Empty: nothing came within `timeout` seconds.
        """
        event = self._events.get(timeout=timeout)
        if event is None:
            self._events.put(None)  # death is for every later asker too
        return event

    def cause_of_death(self) -> str:
        """Return how the process ended, in the system's own words: a signal or a status."""
        status = self._process.wait()
        if status < 0:
            return signal.Signals(-status).name
        return f"status {status}"

    def stop(self) -> None:
        """Close the child's stdin, which ends it; kill it when it does not listen."""
        assert self._process.stdin is not None
        with self._writing, contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._keeper.join(PATIENCE_S)
        if self._keeper.is_alive():
            self._process.kill()
            self._keeper.join()

    def _keep(self) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "desktop_app.engine.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Nobody reads it: causes of death come by event and status. A pipe could fill up.
                stderr=subprocess.DEVNULL,
                cwd=self._workdir,
                env=child_environment(os.environ),
                # Ctrl-C in a terminal goes to the whole process group; it is for the parent.
                start_new_session=True,
            )
        except OSError as error:
            self._started.put(error)
            return
        self._started.put(process)
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                try:
                    self._events.put(wire.decode(line))
                except ValueError:
                    process.kill()  # a torn or foreign line: nothing after it can be trusted
                    break
            process.wait()
        self._events.put(None)
