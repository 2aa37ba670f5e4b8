"""What the window can do only with an open history; made when it opens, gone when it locks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractItemView, QPushButton

from desktop_app.errors import KnownError
from desktop_app.vault.errors import GivenUpError
from desktop_app.views.appearance import Appearance
from desktop_app.views.export_dialog import ExportDialog
from desktop_app.views.finding import Finding
from desktop_app.views.notice import WayOn
from desktop_app.views.purging import Purging
from desktop_app.views.trash_dialog import TrashDialog
from desktop_app.views.versions import Versions
from resources.messages import sentence

if TYPE_CHECKING:
    from desktop_app.vault.search import Hit
    from desktop_app.vault.vault import Vault
    from desktop_app.views.changing import Changing
    from desktop_app.views.conversation import Conversation
    from desktop_app.views.window import MainWindow


class HistoryParts(QObject):
    """Belongs to the side column, which is made anew when the window locks."""

    def __init__(
        self,
        window: MainWindow,
        vault: Vault,
        changing: Changing,
        appearance: Appearance,
    ) -> None:
        super().__init__(window.side)
        self._window = window
        self._vault = vault
        self._changing = changing
        self._purging = Purging(vault, self)
        self._purging.failed.connect(self._say_not_purged)
        self.versions = Versions(window, vault.sessions)
        self.finding = Finding(
            vault.search, lambda: window.conversation.id, appearance, window.side
        )
        self.finding.found.connect(self.show_hit)
        self.finding.failed.connect(window.say_error)
        self.finding.wanted.connect(self.begin_search)
        sessions = window.sessions
        for changed in (sessions.rowsRemoved, sessions.rowsInserted, sessions.modelReset):
            changed.connect(self.finding.look_again)
        self.trash = QPushButton(window.side)
        self.trash.setObjectName("link")
        self.trash.clicked.connect(self.show_trash)
        window.side.add_history(self.finding, self.trash)
        window.side.export_wanted.connect(self.export)
        window.side.installEventFilter(self)
        self._retranslate()

    def begin_search(self) -> None:
        """Let the person write what to look for."""
        self._window.sharing.show_side()
        self.finding.begin()

    def show_hit(self, hit: Hit) -> None:
        """Show the turn that was found, in the version that was found; for a title, the end."""
        window = self._window
        row = window.sessions.row_of_session(hit.session)
        if row is None:
            return
        window.show_conversation(row)
        if window.conversation.id != hit.session:  # it could not be read, and that is being said
            return
        if hit.turn is None:
            window.middle.transcript.setFocus()
        else:
            self._show_turn(hit.turn)

    def _show_turn(self, turn: int, *, leads_away: bool = True) -> None:
        window, conversation = self._window, self._window.conversation
        try:
            shown = self.versions.show(conversation, turn)
        except KnownError as error:
            window.say_error(error)
            return
        window.show_as_it_stands()
        transcript = window.middle.transcript
        index = transcript.row_index(shown.row)
        transcript.shows_focus = True
        transcript.setCurrentIndex(index)
        transcript.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)
        transcript.setFocus()
        if shown.before is not None and leads_away:
            back = partial(self._turn_back, conversation, shown.before)
            window.say(
                partial(sentence, "window.version_found"), WayOn("window.version_back", back)
            )

    def _turn_back(self, conversation: Conversation, turn: int) -> None:
        """Show again what was shown before a search led elsewhere."""
        if conversation is self._window.conversation:
            self._show_turn(turn, leads_away=False)

    def show_trash(self) -> None:
        """Show the conversations deleted recently."""
        dialog = TrashDialog(self._vault, self._purging, self._window.side)
        dialog.restored.connect(self._bring_back)
        dialog.open()

    def _say_not_purged(self, error: Exception) -> None:
        """Say it in the window where the list is closed, which says it otherwise."""
        if isinstance(error, GivenUpError):  # the window was to close, and has said it
            return
        if not any(each.isVisible() for each in self._window.side.findChildren(TrashDialog)):
            self._window.say_error(error)

    def export(self, session: str) -> None:
        """Let the person choose how to export a conversation."""
        ExportDialog(self._vault, self._changing, self._window.side, session).open()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See Qt."""
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        return super().eventFilter(watched, event)

    def _bring_back(self, session: str) -> None:
        try:
            row = self._window.sessions.bring_back(session)
        except KnownError as error:
            self._window.say_error(error)
            return
        self._window.show_conversation(row)

    def _retranslate(self) -> None:
        self.trash.setText(sentence("window.recently_deleted"))
