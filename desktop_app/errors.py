"""The app's own errors, one class per part; sentences by key from resources/i18n."""

from __future__ import annotations

from resources.errors import BugError, KnownError

__all__ = [
    "BugError",
    "EngineError",
    "InputError",
    "KnownError",
    "MessageError",
    "ModelError",
    "PathError",
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
