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
from pathlib import Path
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar

from convert.errors import WorkerError
from resources.errors import BugError, KnownError, place_of
from resources.messages import choose_language, language

P = ParamSpec("P")
R = TypeVar("R")

_BLAS_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


def in_child(blas_threads: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return `function(*args, **kwargs)` as computed by a fresh process.

    `function` is importable by name; arguments and result can be pickled. `blas_threads` is
    fixed before numpy starts: one where the caller has its own threads and wants equal bytes.

    Raises:
        KnownError: what the function raised.
        WorkerError: the process was killed by a signal.
        BugError: the function raised anything else; it carries the place, never the text.
    """
    question = pickle.dumps((language(), function, args, kwargs))
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(blas_threads),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # stdin stays open: its end tells the child that this process is gone.
            _send(process.stdin, question)
            answer = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if not answer:
        raise _death(process.returncode)
    done, value = pickle.loads(answer)  # noqa: S301 - written by our own child
    if done:
        return value  # type: ignore[no-any-return]
    raise value


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


def _serve() -> None:
    """Answer one question; the child's `main`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    answer_pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    length = int.from_bytes(sys.stdin.buffer.read(8), "little")
    question = sys.stdin.buffer.read(length)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    lang, function, args, kwargs = pickle.loads(question)  # noqa: S301 - from our own parent
    choose_language(lang)
    try:
        answer = (True, function(*args, **kwargs))
    except KnownError as error:
        answer = (False, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent reports it as a bug
        answer = (False, BugError("in a worker", place_of(error)))
    with answer_pipe:
        pickle.dump(answer, answer_pipe)


def _leave_with_parent() -> None:
    """A worker whose parent was killed must not go on writing."""
    os.read(0, 1)  # unbuffered: a buffered reader holds a lock the interpreter needs to end
    os._exit(1)


if __name__ == "__main__":
    _serve()
