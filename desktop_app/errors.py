"""The app's own errors, one class per part; sentences by key from resources/i18n."""

from __future__ import annotations

from resources.errors import BugError, KnownError

__all__ = [
    "AlreadyOpenError",
    "BugError",
    "CareError",
    "DownloadError",
    "EngineError",
    "InputError",
    "KnownError",
    "MessageError",
    "ModelError",
    "PathError",
    "SettingsError",
]


class EngineError(KnownError):
    """The child process that runs the model could not do its work."""


class ModelError(KnownError):
    """A model file is missing, damaged or not what its manifest says."""


class DownloadError(KnownError):
    """A model could not be looked up or fetched; nothing of it is used."""


class MessageError(KnownError):
    """A person's message cannot be answered as it is."""


class InputError(KnownError):
    """What came in on standard input or the command line cannot be used."""


class PathError(KnownError):
    """A folder of the app cannot be made or is not private."""


class CareError(KnownError):
    """Something of the help that needs no model cannot be read, written or used as it is."""


class AlreadyOpenError(KnownError):
    """The window of this data folder is open already. Not a failure: it comes to the front."""


class SettingsError(KnownError):
    """The file of settings cannot be read or written; the app goes on without it."""
