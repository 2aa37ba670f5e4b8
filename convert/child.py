"""Runs one function in a process of its own, so that an abort in native code is a message.

Everything that calls libggml or llama.cpp goes through here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from convert.errors import WorkerError
from resources.errors import BugError, KnownError
from resources.messages import Language, choose_language, language

P = ParamSpec("P")
R = TypeVar("R")

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def in_child(
    blas_threads: int, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Return `function(*args, **kwargs)` as computed by a fresh process.

    `function` is importable by name; arguments and result can be pickled. `blas_threads` is
    fixed before numpy starts: one where the caller has its own threads and wants equal bytes.

    Raises:
        KnownError: what the function raised.
        WorkerError: the process was killed by a signal.
        BugError: the function raised anything else.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(sender, language(), function, args, kwargs), daemon=True
    )
    with receiver:
        with _environment(blas_threads):
            process.start()
        sender.close()
        try:
            done, value = receiver.recv()
        except EOFError:
            process.join()
            raise _death(process.exitcode) from None
        except BaseException:
            process.kill()
            raise
        finally:
            process.join()
    if done:
        return value  # type: ignore[no-any-return]
    raise value


def _death(exitcode: int | None) -> WorkerError | BugError:
    if exitcode is not None and exitcode < 0:
        return WorkerError("worker_killed", signal=signal.Signals(-exitcode).name)
    return BugError(f"worker ended with code {exitcode} and no answer")


@contextmanager
def _environment(blas_threads: int) -> Iterator[None]:
    """Set what a spawned process inherits: thread counts, and no debugger after an abort."""
    wanted = dict.fromkeys(_BLAS_THREADS, str(blas_threads)) | {"GGML_NO_BACKTRACE": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(
    sender: Connection,
    lang: Language,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    choose_language(lang)
    try:
        answer = (True, function(*args, **kwargs))
    except KnownError as error:
        answer = (False, error)
    except Exception:  # noqa: BLE001 - whatever it is, the parent reports it as a bug
        answer = (False, BugError(traceback.format_exc()))
    sender.send(answer)


def _leave_with_parent() -> None:
    """A worker whose parent was killed must not go on writing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
