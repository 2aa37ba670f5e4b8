"""Taking conversations out of the list, and giving them back one after the other."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from desktop_app.errors import KnownError
from desktop_app.vault.errors import SessionMissingError
from desktop_app.views.sessions import Row
from desktop_app.views.undo import Undo
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.trash import Trash
    from desktop_app.views.window import MainWindow


class Deleting:
    """Of one window, once conversations are in it."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.trash: Trash | None = None
        """Of the open history."""

    def delete(self, row: int) -> None:
        """Take a conversation out of the list, with a way back."""
        window = self._window
        window.conversation.draft = window.middle.composer.text
        offered = window.middle.notice.way("window.undo")  # before the notice says anything else
        earlier = offered.deleted if isinstance(offered, Undo) else ()
        try:
            deleted = window.sessions.delete(row)
        except KnownError as error:
            window.say_error(error)
            return
        if deleted.conversation is not None:
            window.exchange.forget(deleted.conversation)
        window.show_conversation(min(row, window.sessions.rowCount() - 1))
        if window.conversation is deleted.conversation:  # the one beside it cannot be read
            window.show_conversation(window.sessions.begin())
        with suppress(KnownError):  # it comes back with the conversation, and goes with it
            window.unsent.keep(deleted.conversation)
        if not deleted.empty or deleted.draft:
            self._offer_undo(*earlier, (row, deleted))

    def _offer_undo(self, *deleted: tuple[int, Row]) -> None:
        undo = self._undo(*deleted)
        self._window.say(undo.says, undo)

    def _undo(self, *deleted: tuple[int, Row]) -> Undo:
        goes = self.trash is not None and not self.trash.kept
        return Undo(
            "window.undo",
            partial(self._undelete, deleted),
            deleted,
            kept=not (goes and any(row.is_kept for _, row in deleted)),
        )

    def _undelete(self, deleted: tuple[tuple[int, Row], ...]) -> None:
        """Give back what was deleted last, and offer the rest."""
        window = self._window
        *earlier, (row, last) = deleted
        try:
            back = window.sessions.restore(row, last)
        except SessionMissingError as error:  # the trash was looked through meanwhile
            restored = error.key == "vault.session_not_deleted"
            key = "window.undone_already" if restored else "window.undo_too_late"
            window.say(partial(sentence, key), *([self._undo(*earlier)] if earlier else []))
        except KnownError as error:
            window.say_error(error, self._undo(*deleted))
        else:
            window.show_conversation(back)
            if earlier:
                self._offer_undo(*earlier)
            else:
                window.show_as_it_stands()
