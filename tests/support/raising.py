"""What stands in for a step that goes wrong."""

from __future__ import annotations

from collections.abc import Callable


def raising(error: Exception) -> Callable[..., None]:
    """Return what raises an error, whatever it is given."""

    def fail(*_given: object) -> None:
        raise error

    return fail
