"""The app's own errors, one class per part; sentences by key from resources/i18n."""

from __future__ import annotations

from pathlib import Path

from resources.errors import BugError, KnownError

__all__ = [
    "BugError",
    "EngineError",
    "InputError",
    "KnownError",
    "MessageError",
    "ModelError",
    "PathError",
    "place_of",
]


class EngineError(KnownError):
    """The child process that runs the model could not do its work."""


class ModelError(KnownError):
    """A model file is missing, damaged or not what its manifest says."""


class MessageError(KnownError):
    """A person's message cannot be answered as it is."""


class InputError(KnownError):
    """What came in on standard input or the command line cannot be used."""


class PathError(KnownError):
    """A folder of the app cannot be made or is not private."""


def place_of(error: BaseException) -> str:
    """Return where a bug showed itself: type, file and line; an exception's text may be private."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        where = f" {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return type(error).__name__ + where
