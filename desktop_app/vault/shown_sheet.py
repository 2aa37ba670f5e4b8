"""A new recovery sheet that a person has been shown, and whether it counts once a change failed.

They see it before it counts, so that a kill in between costs no way of opening. Where the change
is then refused, for whatever reason, they hold two sheets, and would throw the wrong one away.
Which counts is what the open history has, whatever lies under the name of its key file by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from desktop_app.errors import KnownError
from desktop_app.vault.envelope import SecretSlot
from desktop_app.vault.errors import GivenUpError, VaultError
from desktop_app.vault.files import VaultFiles
from desktop_app.vault.key_slots import KeySlots
from resources.messages import Language, sentence

DONE: Final = "vault.copies_behind"
"""The one error after which the new sheet counts, and which says so."""
VOID_FIRST: Final = "vault.sheet_void_first"


class SheetError(VaultError):
    """A change failed for which a new recovery sheet was shown; says which sheet counts.

    Attributes:
        reason: why it failed, said before that.
    """

    def __init__(self, key: str, reason: Exception) -> None:
        self.reason = reason
        super().__init__(key)

    def sentence(self, lang: Language | None = None) -> str:
        """Return both sentences; of a bug its kind alone, its text may be private."""
        why = self.reason
        if isinstance(why, KnownError):
            said = why.sentence(lang)
        else:
            said = sentence("cli.bug", lang=lang, name=type(why).__name__)
        return f"{said}\n{super().sentence(lang)}"

    def in_terminal(self) -> str:
        """Return both, the reason with what a terminal adds."""
        if isinstance(self.reason, KnownError):
            return f"{self.reason.in_terminal()}\n{super().sentence()}"
        return self.sentence()


class ShownSheet:
    """To be made when it is shown, before anything is changed."""

    def __init__(self, files: VaultFiles, keys: KeySlots) -> None:
        self._files, self._keys = files, keys
        self._unsettled = files.next_envelope.exists()
        try:
            self._before = self._slot()
            self._known = True
        except VaultError:
            self._before, self._known = None, False

    def fate(self, failed: BaseException) -> str | None:
        """Return the key of what is to be said of it now; None where it counts, which was said."""
        if isinstance(failed, VaultError) and failed.key == DONE:
            return None
        try:
            now = self._slot()
        except VaultError:
            return "vault.sheet_uncertain"
        begun = self._files.next_envelope.exists() and not self._unsettled  # either may open next
        if not self._known or begun or now != self._before:
            return "vault.sheet_uncertain"
        return self.void

    @property
    def void(self) -> str:
        """The key of what is to be said of it where nothing was changed."""
        return VOID_FIRST if self._before is None else "vault.sheet_void"

    @contextmanager
    def told_of(self, kind: type[Exception] = Exception) -> Iterator[None]:
        """Have errors of `kind` say what becomes of it; who closes the history says it otherwise.

        Raises:
            SheetError: the change failed, and the sheet does not count, or not for certain.
        """
        try:
            yield
        except GivenUpError:
            raise
        except kind as error:
            key = self.fate(error)
            if key is None:
                raise
            raise SheetError(key, error) from error

    def _slot(self) -> SecretSlot | None:
        return self._keys.envelope().recovery
