"""Where a person writes while a keyring opens the history: nobody has to wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from desktop_app.views.composer import Composer


@dataclass(frozen=True, slots=True)
class Words:
    """What was written, and how many of its characters stand behind the caret."""

    text: str = ""
    behind: int = 0


class EarlyWords(Composer):
    """A composer that sends nothing yet; what stands in it is taken over by the conversation."""

    write_here = "unlock.write_early"
    how_to_send = "unlock.too_early"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.let_send(may=False, replying=False)
        self.hide()

    @property
    def words(self) -> Words:
        """What was written, as it stands."""
        return Words(self.text, self.behind)
