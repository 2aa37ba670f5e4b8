"""What can be wrong in the world while a model is made."""

from __future__ import annotations

from resources.errors import KnownError


class CorpusError(KnownError):
    """A corpus file is missing, unreadable or not what it says it is."""


class RecipeError(KnownError):
    """A recipe asks for something that cannot be."""


class TrainingError(KnownError):
    """Training cannot start or go on: no space, a foreign checkpoint, a diverged loss."""


class EvaluationError(KnownError):
    """A model cannot be scored."""


class StageError(KnownError):
    """Another stage, run as a process, ended with an error."""
