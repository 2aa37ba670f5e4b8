"""Runs one function in a process of its own, so that an abort in native code is a message.

Everything that calls libggml or llama.cpp goes through here. The question goes to the child's
stdin, the answer comes from its stdout, both pickled; nothing of it shows in argv.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar

from convert.errors import WorkerError
from resources.errors import BugError, KnownError, place_of
from resources.messages import choose_language, language

P = ParamSpec("P")
R = TypeVar("R")


class _Kind(Enum):
    """What a message of the child is."""

    REPORT = "report"
    ANSWER = "answer"
    ERROR = "error"
    DEATH = "death"


_BLAS_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


_report_pipe: BinaryIO | None = None


def in_child(blas_threads: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return `function(*args, **kwargs)` as computed by a fresh process.

    `function` is importable by name; arguments and result can be pickled. `blas_threads` is
    fixed before numpy starts: one where the caller has its own threads and wants equal bytes.

    Raises:
        KnownError: what the function raised.
        WorkerError: the process was killed by a signal.
        BugError: the function raised anything else; it carries the place, never the text.
    """
    return reporting_child(blas_threads, lambda _: None, partial(function, *args, **kwargs))


def reporting_child(
    blas_threads: int, on_report: Callable[[Any], None], function: Callable[[], R]
) -> R:
    """As `in_child`, and give `on_report` what the function says on its way with `report`.

    Raises:
        KnownError, WorkerError, BugError: as `in_child`.
    """
    question = pickle.dumps((language(), function))
    with subprocess.Popen(
        [sys.executable, "-c", "from convert.child import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(blas_threads),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # stdin stays open: its end tells the child that this process is gone.
            _send(process.stdin, question)
            kind, value = _next(process.stdout)
            while kind is _Kind.REPORT:
                on_report(value)
                kind, value = _next(process.stdout)
        except BaseException:
            process.kill()
            raise
    if kind is _Kind.DEATH:
        raise _death(process.returncode)
    if kind is _Kind.ERROR:
        raise value
    return value  # type: ignore[no-any-return]


def report(value: object) -> None:
    """Say something to the parent before the answer; nothing where there is no parent."""
    if _report_pipe is not None:
        pickle.dump((_Kind.REPORT, value), _report_pipe)
        _report_pipe.flush()


def _next(pipe: BinaryIO | Any) -> tuple[_Kind, Any]:
    try:
        message: tuple[_Kind, Any] = pickle.load(pipe)  # noqa: S301 - written by our own child
    except (EOFError, pickle.UnpicklingError):
        return _Kind.DEATH, None
    return message


def _send(pipe: BinaryIO | Any, question: bytes) -> None:
    try:
        pipe.write(len(question).to_bytes(8, "little") + question)
        pipe.flush()
    except BrokenPipeError:
        pass  # the child died at once; its return code says how


def _death(code: int) -> WorkerError | BugError:
    if code < 0:
        return WorkerError("worker_killed", signal=signal.Signals(-code).name)
    return BugError(f"worker ended with code {code} and no answer")


def _environment(blas_threads: int) -> dict[str, str]:
    """Only what a child needs: this package's place, thread counts, no debugger on abort."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    threads = dict.fromkeys(_BLAS_THREADS, str(blas_threads))
    place = {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONSAFEPATH": "1"}
    return passed_on | threads | place | {"GGML_NO_BACKTRACE": "1"}


def serve() -> None:
    """Answer one question; the child's `main`."""
    global _report_pipe  # noqa: PLW0603 - a process has one parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    answer_pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    length = int.from_bytes(sys.stdin.buffer.read(8), "little")
    question = sys.stdin.buffer.read(length)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    lang, function = pickle.loads(question)  # noqa: S301 - from our own parent
    choose_language(lang)
    _report_pipe = answer_pipe
    try:
        answer = (_Kind.ANSWER, function())
    except KnownError as error:
        answer = (_Kind.ERROR, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent reports it as a bug
        answer = (_Kind.ERROR, BugError("in a worker", place_of(error)))
    with answer_pipe:
        pickle.dump(answer, answer_pipe)


def _leave_with_parent() -> None:
    """A worker whose parent was killed must not go on writing."""
    os.read(0, 1)  # unbuffered: a buffered reader holds a lock the interpreter needs to end
    os._exit(1)
