"""What can be wrong with the world while a model is converted."""

from __future__ import annotations

from resources.errors import KnownError


class ConvertError(KnownError):
    """Root of this stage; keys live under `error.convert` in the catalogues."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(f"convert.{key}", **values)


class BaseModelError(ConvertError):
    """The base folder is missing something, damaged, or of an unknown kind."""


class ReadFaultError(BaseModelError):
    """The system could not read a source midway: a disk, a net; what is written stays right."""


class AdapterError(ConvertError):
    """The adapter is damaged, unsupported, or was trained on another base."""


class VocabularyError(ConvertError):
    """The tokenizer or the chat template cannot be carried into a GGUF faithfully."""


class WeightError(ConvertError):
    """A weight holds a value that cannot be stored (NaN, infinity, beyond float16)."""


class OutputError(ConvertError):
    """The output cannot be written: no space, no permission, a folder in its place."""


class VerificationError(ConvertError):
    """The written file differs from its sources by more than its type explains."""


class EndlessReplyError(VerificationError):
    """A file that is right by its numbers, whose reply did not end; it is not thrown away."""


class WorkerError(ConvertError):
    """A child process died: for want of memory, by an abort inside libggml."""


class StoppedError(ConvertError):
    """The system asked this process to end (SIGTERM)."""


class Terminated(KeyboardInterrupt):
    """What SIGTERM raises wherever this process is; nothing but a command's end catches it."""
