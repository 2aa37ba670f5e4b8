"""One child process as the parent holds it: start, send, listen, notice death, stop."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from desktop_app.engine import wire
from desktop_app.engine.causes import ASKED_TO_END, Cause, Death, classify, in_words
from desktop_app.engine.job_object import bound_to_this_process
from desktop_app.engine.last_words import LastWords

PASSED_ON: Final = frozenset(
    {
        "LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
        "SYSTEMROOT", "TEMP", "TMP", "WINDIR",
        "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
        "HSA_OVERRIDE_GFX_VERSION", "GGML_VK_VISIBLE_DEVICES",
        "VK_DRIVER_FILES", "VK_ICD_FILENAMES", "XDG_DATA_DIRS",
    }
)  # fmt: skip
"""All of the parent's environment that the child may see: where to find Python and libraries, which
graphics devices are to be used and where Vulkan finds their drivers."""
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
PATIENCE_S: Final = 1.0
"""How long a child may take to end after its stdin did, before it is killed. It holds nothing."""
ENDS_WITHIN_S: Final = 5.0
"""How long a killed one may take. One that waits inside a driver takes longer: it is left alone."""


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
        self._ended_for: Cause | None = None
        """Why we ended it, where we did."""
        self._started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError] = queue.SimpleQueue()
        # The kernel kills the child when the thread that started it ends (PDEATHSIG counts
        # threads, not processes). So it is started by the thread that listens to it.
        self._keeper = threading.Thread(target=self._keep, name="engine-keeper", daemon=True)
        self._keeper.start()
        started = self._started.get()
        if isinstance(started, OSError):
            raise started
        self._process = started
        assert started.stderr is not None
        self._last_words = LastWords(started.stderr)
        self._job = bound_to_this_process(started)

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

    def send(self, message: wire.Message, content: bytes = b"", *, patience: float = -1) -> None:
        """Write one line, and the bytes it names.

        A dead child is not an error here: its death is the next event. Where another line has been
        waiting for the child to take it for `patience` seconds, this one is dropped; by default it
        waits.
        """
        assert self._process.stdin is not None
        if not self._writing.acquire(timeout=patience):
            return
        try:
            wire.write(self._process.stdin, message, content)
        except (OSError, ValueError):  # Windows says EINVAL of a pipe that nobody reads
            return
        finally:
            self._writing.release()

    def send_aside(self, message: wire.Message, *, patience: float) -> None:
        """Write one line from a thread of its own, see `send`; whoever has it sent waits for none.

        A stopped child takes no more than its pipe holds: a write to a full one ends with the
        child.
        """
        sending = partial(self.send, message, patience=patience)
        threading.Thread(target=sending, name="engine-aside", daemon=True).start()

    def next_event(self, timeout: float | None = None) -> wire.Message | None:
        """Wait for the next line; None when the child is dead.

        Raises:
            queue.Empty: nothing came within `timeout` seconds.
        """
        event = self._events.get(timeout=timeout)
        if event is None:
            self._events.put(None)  # death is for every later asker too
        return event

    def death(self) -> Death:
        """Return why the process ended, and how; once it is dead, or should be."""
        last_words = self._last_words.heard(PATIENCE_S)
        try:
            status = self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            return Death(Cause.HUNG, "SIGKILL", crashed=True)
        ours = self._ended_for
        cause = classify(status, last_words) if ours is None else ours
        crashed = status not in ASKED_TO_END if ours is None else ours is Cause.HUNG
        return Death(cause, in_words(status), crashed)

    def stop(self) -> None:
        """Close the child's stdin, which ends it; kill it when it does not listen."""
        assert self._process.stdin is not None
        self._ended_for = self._ended_for or Cause.UNKNOWN
        if not self._writing.acquire(timeout=PATIENCE_S):
            self.kill()  # it does not take what another thread is writing; now that breaks off
            self._writing.acquire()
        try:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        finally:
            self._writing.release()
        self._keeper.join(PATIENCE_S)
        if self._keeper.is_alive():
            self.kill()
            self._keeper.join(ENDS_WITHIN_S)

    def kill(self, cause: Cause = Cause.UNKNOWN) -> None:
        """End it at once, whatever it does; its death, by that cause, is the next event."""
        self._ended_for = cause
        self._process.kill()

    def _keep(self) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "desktop_app.engine.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
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
            try:
                while (event := wire.read(process.stdout)) is not None:
                    self._events.put(event)
            except (ValueError, MemoryError):
                process.kill()  # a torn or foreign line: nothing after it can be trusted
            process.wait()
        self._events.put(None)
