"""What is written in the window and not sent: the drafts, and what is being put otherwise.

It is kept in the history while that is open. What of it goes where, and comes back from there, is
in left_open.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.errors import KnownError
from desktop_app.views import left_open
from desktop_app.views.conversation import Conversation

if TYPE_CHECKING:  # the database is loaded when a vault is opened, not when a window is
    from desktop_app.vault.drafts import Drafts
    from desktop_app.views.history_parts import HistoryParts
    from desktop_app.views.memory_dialog import MemoryDialog
    from desktop_app.views.window import MainWindow


class Unsent:
    """Of one window. `open` when its history opens, `close` when that closes."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._history: HistoryParts | None = None
        self._drafts: Drafts | None = None
        self._memory: MemoryDialog | None = None

    def open(self, history: HistoryParts, drafts: Drafts) -> list[KnownError]:
        """Put what was written and not sent where it was; return what should be told.

        It stays kept until the next message is sent, or the window goes.
        """
        self._history, self._drafts = history, drafts
        shown, errors = left_open.put_drafts_back(drafts, self._window.sessions)
        self._window.go_on_with(shown)
        return errors

    def close(self) -> None:
        """Let go of the history."""
        self._history = self._drafts = None

    def written(self) -> tuple[Conversation, str]:
        """Return the conversation on the screen, and what is written of its next message."""
        window = self._window
        return window.conversation, window.middle.composer.text if window.passed else ""

    def keep(self, deleted: Conversation | None = None) -> None:
        """Keep in the history what was written and not sent.

        `deleted` went into the trash just now.

        Raises:
            VaultError: the disk is full, …
        """
        window = self._window
        if window.passed and self._drafts is not None and self._drafts.open:
            window.conversation.draft = window.middle.composer.text
            left_open.keep_drafts(self._drafts, window.sessions, window.conversation, deleted)

    def keep_unless_busy(self) -> bool:
        """Do as `keep` does; return False where somebody else has the history: nobody waits.

        An import or a change of the key has it for all its time.

        Raises:
            VaultError: the disk is full, …
        """
        if self._drafts is None:
            return True
        with self._drafts.unless_busy() as free:
            if free:
                self.keep()
            return free

    def edit_in_progress(self) -> left_open.Edit | None:
        """Return what is being put otherwise, as far as it is written."""
        if self._memory is not None:
            return left_open.Edit(None, self._memory.text, self._memory.unseen)
        return None if self._history is None else self._history.versions.in_progress()

    def edit_again(self, edit: left_open.Edit) -> None:
        """Go on with what was being put otherwise."""
        if edit.row is None:
            self.show_memory(edit)
        elif self._history is not None and edit.row < self._messages():
            self._history.versions.edit(edit.row, edit.text)

    def show_memory(self, begun: left_open.Edit | None = None) -> None:
        """Show what the model remembers of the conversation, or what had been begun of that."""
        from desktop_app.views.memory_dialog import MemoryDialog

        window = self._window
        self._memory = MemoryDialog(window.conversation, window.middle, begun)
        self._memory.accepted.connect(window.read_ahead.soon)
        self._memory.finished.connect(self._memory_closed)
        self._memory.open()

    def _messages(self) -> int:
        return self._window.conversation.messages.rowCount()

    def _memory_closed(self) -> None:
        self._memory = None
