"""A download as the rest of the app holds it: started, heard of, paused, given up.

The child that has the sockets lives for one job. Pausing ends it; going on starts another, which
finds the part that has come.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from desktop_app.errors import BugError, DownloadError, KnownError, ModelError, PathError
from desktop_app.models.catalogue import Pin
from desktop_app.models.job import Event, Job
from desktop_app.models.source import usable_proxy
from resources.messages import sentence

PASSED_ON: Final = frozenset(
    {
        "LANG", "LC_ALL", "LC_CTYPE", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
        "SYSTEMROOT", "TEMP", "TMP", "WINDIR",
        "NO_PROXY", "no_proxy",
        "SSL_CERT_FILE", "SSL_CERT_DIR",
    }
)  # fmt: skip
"""What of the parent's environment the child may see as it is: Python, libraries, the way out."""
PROXIES: Final = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}
)
"""What else it may see; see `usable_proxy`."""
ERRORS: Final[Mapping[str, type[KnownError]]] = {
    "download": DownloadError,
    "model": ModelError,
    "path": PathError,
}
"""Which error a key of the child's belongs to, by its beginning."""
PATIENCE_S: Final = 2.0
"""How long a child may take to end after its stdin did, before it is killed."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the hub has."""

    pin: Pin


@dataclass(frozen=True, slots=True)
class Coming:
    """How far it is, in bytes."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing comes for a while: the hub asked for a pause, or a connection is tried again."""

    seconds: int
    asked: bool

    @property
    def told(self) -> str:
        """The same as one sentence."""
        key = "models.waiting" if self.asked else "models.waiting_for_network"
        return sentence(key, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Checking:
    """All of it is there; its checksum is computed."""


@dataclass(frozen=True, slots=True)
class Installed:
    """It can be used under this id."""

    id: str


News = Found | Coming | Waiting | Checking | Installed


class Fetch:
    """One job in its process, from construction to `stop`."""

    def __init__(self, job: Job, cache: Path) -> None:
        """Start the child.

        Args:
            job: what a person asked for.
            cache: where huggingface_hub may keep what it likes to keep; nothing is left there.

        Raises:
            DownloadError: the system starts no process.
        """
        self.job = job
        self._stopped = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "desktop_app.models.download"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(os.environ, job, cache),
                start_new_session=True,  # Ctrl-C is for the parent, which stops its child
            )
        except OSError as error:
            raise DownloadError("download.cannot_start") from error
        self._writing = threading.Lock()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(job.line())
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._end()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def news(self) -> Iterator[News]:
        """Yield what happens, until the job is done, or `stop` was called.

        Raises:
            KnownError: it cannot be done.
            BugError: the child broke a promise.
        """
        assert self._process.stdout is not None
        done = False
        for line in self._process.stdout:
            heard = _heard(line)
            done = isinstance(heard, Installed) or (
                isinstance(heard, Found) and self.job.reason != "get"
            )
            yield heard
        status = self._end()
        if not (done or self._stopped):
            cause = signal.Signals(-status).name if status < 0 else str(status)
            raise DownloadError("download.died", cause=cause)

    def stop(self) -> None:
        """End the child; what has come stays. May be called from any thread, more than once."""
        with self._writing:
            self._stopped = True
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _end(self) -> int:
        """Wait for the child's end, and let go of its pipes."""
        with self._writing, contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            status = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


def _environment(environ: Mapping[str, str], job: Job, cache: Path) -> dict[str, str]:
    """Return what the child sees: no account, no telemetry, no cache elsewhere, plain HTTPS."""
    passed = {name: value for name, value in environ.items() if name in PASSED_ON}
    passed |= {name: usable_proxy(value) for name, value in environ.items() if name in PROXIES}
    return passed | {
        "PYTHONUTF8": "1",
        "HF_HOME": str(cache / "hub"),
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_SYMLINKS": "1",
        # Its own connections, past the ledger; and a part could not be gone on with.
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DOWNLOAD_TIMEOUT": str(job.stall_s),
    }


def _heard(line: bytes) -> News:
    event: Event = json.loads(line)
    match event:
        case {"event": "found", **rest}:
            return Found(Pin(**rest))
        case {"event": "progress", "done": done, "total": total}:
            return Coming(done, total)
        case {"event": "waiting", "seconds": seconds, "asked": asked}:
            return Waiting(seconds, asked)
        case {"event": "checking"}:
            return Checking()
        case {"event": "installed", "id": name}:
            return Installed(name)
        case {"event": "known", "key": key, "values": values}:
            raise ERRORS[key.partition(".")[0]](key, **values)
        case _:
            raise BugError("the process that downloads failed", event.get("place"))
