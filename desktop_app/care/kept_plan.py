"""Where the safety plan is kept: in the encrypted history, and beside it only if a person says so.

The copy beside it (`data/safety-plan.json`) is not encrypted: whoever can read the disk can read
it. It is there while that is chosen, and only then, so its being there is the choice. A copy that
fell behind (a kill in between, a restored backup) is brought up to date when the history opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from desktop_app.atomic_file import remove, write_atomically
from desktop_app.care.safety_plan import SafetyPlan, from_json
from desktop_app.errors import CareError
from resources.system_errors import reason_of

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.documents import Documents

NAME: Final = "safety_plan"
"""The document's in the history."""


class KeptPlan:
    """The plan of an open history, or what can be read of it without one."""

    def __init__(self, copy: Path, documents: Documents | None = None) -> None:
        """`copy` need not exist; without `documents` no history is open."""
        self.copy = copy
        self._documents = documents

    @property
    def readable(self) -> bool:
        """Whether the person chose to have a copy that is not encrypted."""
        try:
            return self.copy.exists()
        except OSError:
            return False

    def read(self) -> SafetyPlan | None:
        """Return the plan; None where there is none, or none that can be read without unlocking.

        A history without a plan shows the copy that outlived another history.

        Raises:
            CareError: the copy cannot be read.
            VaultError: the history is damaged.
        """
        stored = self._stored()
        if stored is not None:
            return stored
        if not self.readable:
            return None
        try:
            return from_json(self.copy.read_bytes())
        except (OSError, ValueError) as error:
            raise CareError("care.copy_unreadable", path=self.copy) from error

    def write(self, plan: SafetyPlan) -> None:
        """Keep the plan; on the disk when this returns.

        Raises:
            VaultError: the disk is full, …; the plan that was kept stands.
            CareError: it is kept in the history, but the copy could not be brought up to date.
        """
        assert self._documents is not None, "only an open history can be written to"
        self._documents.write(NAME, plan.as_json())
        if self.readable:
            self._write_copy(plan)

    def keep_readable(self, *, chosen: bool) -> None:
        """Write the copy that is not encrypted, or remove it.

        Raises:
            CareError: it cannot be written or removed; it is as it was.
            VaultError: the history is damaged.
        """
        if chosen:
            self._write_copy(self.read() or SafetyPlan())
            return
        try:
            remove(self.copy)
        except OSError as error:
            raise CareError(
                "care.copy_not_removed", path=self.copy, reason=reason_of(error)
            ) from error

    def settle(self) -> None:
        """Bring the copy, where there is one, up to date with the open history.

        Raises:
            CareError, VaultError: see `write`.
        """
        stored = self._stored() if self.readable else None
        if stored is not None and not self._is_copied(stored):
            self._write_copy(stored)

    def _stored(self) -> SafetyPlan | None:
        found = self._documents.read(NAME) if self._documents is not None else None
        return None if found is None else from_json(found.body)

    def _is_copied(self, plan: SafetyPlan) -> bool:
        try:
            return self.copy.read_bytes() == plan.as_json().encode()
        except OSError:
            return False

    def _write_copy(self, plan: SafetyPlan) -> None:
        try:
            write_atomically(self.copy, plan.as_json().encode())
        except OSError as error:
            raise CareError(
                "care.copy_not_written", path=self.copy, reason=reason_of(error)
            ) from error
