"""The settings in force in the window: whoever changes one tells everyone, and the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app import settings
from desktop_app.errors import KnownError
from desktop_app.settings import Settings


class Preferences(QObject):
    """Read once. A change holds at once, and for this run alone where it cannot be written."""

    changed = Signal()
    not_kept = Signal(Exception)
    """A change could not be written down; carries the KnownError that says why."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.problem: KnownError | None
        """What was wrong with the file, to be told once."""
        self.settings: Settings
        """The settings in force."""
        self.settings, self.problem = settings.read(path)

    def change(self, **fields: Any) -> None:
        """Give fields of Settings new values; what could not be written is told by `not_kept`."""
        error = self.keep(**fields)
        if error is not None:
            self.not_kept.emit(error)

    def keep(self, **fields: Any) -> KnownError | None:
        """Give fields new values and return why they could not be written, for the caller to tell.

        Nothing happens where they have them already.
        """
        new = replace(self.settings, **fields)
        if new == self.settings:
            return None
        self.settings = new
        problem = None
        try:
            settings.write(self._path, new)
        except KnownError as error:
            problem = error
        self.changed.emit()
        return problem
