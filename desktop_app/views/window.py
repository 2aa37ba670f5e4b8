"""The main window: puts the parts side by side and connects them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QIcon,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from desktop_app.conversation.counsellor import checked
from desktop_app.errors import KnownError, MessageError
from desktop_app.views import theme
from desktop_app.views.appearance import Appearance
from desktop_app.views.conversation import Conversation
from desktop_app.views.counselling import Counselling
from desktop_app.views.crisis_card import CrisisCard
from desktop_app.views.exchange import Exchange
from desktop_app.views.header import Header
from desktop_app.views.middle import Middle
from desktop_app.views.notice import WayOn
from desktop_app.views.sessions import Sessions
from desktop_app.views.sidebar import Sidebar
from resources.messages import Language, choose_language, sentence

FIRST_SIZE: Final = (1120, 760)
LEAST_SIZE: Final = (560, 480)
LEAST_MIDDLE: Final = 480
"""The side column gives way before the conversation gets narrower."""


class MainWindow(QMainWindow):
    """Usable at once; the model is opened behind it."""

    model_opened = Signal()

    def __init__(self, counselling: Counselling, appearance: Appearance) -> None:
        super().__init__()
        appearance.setParent(self)
        self._counselling = counselling
        self.exchange = Exchange(counselling)
        self.sessions = Sessions(self)
        self._model_error: Exception | None = None
        self._confirmed = False
        self._side_wanted: bool | None = None
        self.conversation = self.sessions.conversation(0)
        self.header = Header(appearance, self)
        self.side = Sidebar(self.sessions, self)
        self.middle = Middle(appearance, self)
        self.card = CrisisCard(self)
        self.card.hide()
        self._lay_out()
        self._connect()
        self._retranslate()
        self.show_conversation(0)
        self.middle.composer.setFocus()

    # What a person does

    def send(self, text: str) -> None:
        """Send a message of the conversation on the screen."""
        try:
            message = checked(text)
        except MessageError as error:
            self._say(partial(_explain, error))
            return
        self.middle.composer.text = ""
        self.middle.notice.clear()
        self._show_model_error()
        self.exchange.say(self.conversation, message)
        self._refresh()

    def begin_conversation(self) -> None:
        """Show an empty conversation; the one at hand when it is empty already."""
        if not self.sessions.conversation(0).empty:
            self.sessions.begin()
        self.show_conversation(0)
        self.middle.composer.setFocus()

    def show_conversation(self, row: int) -> None:
        """Put a conversation on the screen; each keeps its own draft."""
        composer = self.middle.composer
        self.conversation.draft = composer.text
        self.conversation = self.sessions.conversation(row)
        composer.text = self.conversation.draft
        if self.middle.transcript.model() is not self.conversation.messages:
            self.middle.transcript.setModel(self.conversation.messages)
        self.side.show_current(row)
        self.middle.notice.clear()
        self._show_model_error()
        self._refresh()

    def show_card(self, *, shown: bool) -> None:
        """Show or hide the crisis card."""
        self.card.setVisible(shown)
        self._make_room()
        if shown:
            self.card.first_number().setFocus()
        else:
            self.middle.composer.setFocus()

    def choose_language(self, language: Language) -> None:
        """Speak another language from now on."""
        choose_language(language)
        QCoreApplication.sendEvent(self, QEvent(QEvent.Type.LanguageChange))

    def choose_model(self) -> None:
        """Let the person pick a model file; nothing blocks meanwhile."""
        dialog = QFileDialog(self, sentence("settings.choose_model"))
        dialog.setNameFilter(f"{sentence('window.model_files')} (*.gguf)")
        dialog.fileSelected.connect(self.open_model)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_model(self, model: str | None) -> None:
        """Use another model from now on."""
        self.exchange.stop()
        self._counselling.open(model)

    def changeEvent(self, event: QEvent) -> None:
        """See Qt."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See Qt."""
        super().resizeEvent(event)
        self._make_room()

    # What the model does

    def _opening(self) -> None:
        self._model_error = None
        self.middle.notice.clear()
        self.header.show_status("window.model_opening")

    def _opened(self) -> None:
        self._model_error = None
        self.middle.notice.clear()
        self.header.show_status("window.model_ready")
        self.model_opened.emit()

    def _no_model(self, error: Exception) -> None:
        self._model_error = error
        self.header.show_status("window.model_missing")
        self._show_model_error()

    def _answered(self, conversation: Conversation) -> None:
        messages = conversation.messages
        spoken = messages.message(messages.rowCount() - 1).spoken()
        event = QAccessibleAnnouncementEvent(self.middle.transcript, spoken)
        QAccessible.updateAccessibility(event)

    def _left_unanswered(self, conversation: Conversation) -> None:
        if conversation is self.conversation:
            self._say(partial(sentence, "window.no_reply"), self._again(conversation))

    def _failed(self, conversation: Conversation, error: Exception) -> None:
        if conversation is self.conversation:
            ways = [self._again(conversation)] if conversation.waits_for_reply else []
            self._say(partial(_explain, error), *ways)

    def _given_back(self, conversation: Conversation, text: str, error: Exception) -> None:
        if conversation is self.conversation:
            composer = self.middle.composer
            composer.text = "\n\n".join(filter(None, (text, composer.text)))
            self._say(partial(_explain, error))
        else:
            conversation.draft = "\n\n".join(filter(None, (text, conversation.draft)))

    # Within

    def _lay_out(self) -> None:
        self.resize(*FIRST_SIZE)
        self.setMinimumSize(*LEAST_SIZE)
        icon = Path(str(resources.files("resources"))) / "icons" / "soulchat.svg"
        self.setWindowIcon(QIcon(str(icon)))
        below = QHBoxLayout()
        below.addWidget(self.middle, 1)
        below.addWidget(self.card)
        right = QVBoxLayout()
        right.addWidget(self.header)
        right.addLayout(below, 1)
        whole = QHBoxLayout()
        whole.addWidget(self.side)
        whole.addLayout(right, 1)
        for layout in (below, right, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        centre = QWidget(self)
        centre.setLayout(whole)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self.side.begun.connect(self.begin_conversation)
        self.side.chosen.connect(self._chosen)
        self.header.side_wanted.connect(self._toggle_side)
        self.header.crisis_wanted.connect(self._toggle_card)
        self.header.settings.language_chosen.connect(self.choose_language)
        self.header.settings.model_wanted.connect(self.choose_model)
        self.card.closed.connect(partial(self.show_card, shown=False))
        self.middle.composer.sent.connect(self.send)
        self.middle.composer.stopped.connect(self.exchange.stop)
        self.middle.welcome.confirmed.connect(self._confirm)
        self.exchange.changed.connect(self._refresh)
        self.exchange.answered.connect(self._answered)
        self.exchange.left_unanswered.connect(self._left_unanswered)
        self.exchange.failed.connect(self._failed)
        self.exchange.given_back.connect(self._given_back)
        self._counselling.opening_began.connect(self._opening)
        self._counselling.opened.connect(self._opened)
        self._counselling.failed_to_open.connect(self._no_model)
        for keys, act in (
            ("Ctrl+N", self.begin_conversation),
            ("F1", self._toggle_card),
            ("Esc", self._escape),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _refresh(self) -> None:
        """Show what may be done now."""
        current = self.exchange.current
        composer, header = self.middle.composer, self.header
        composer.let_send(may=self._confirmed and current is None, replying=current is not None)
        self.middle.show_page(welcome=not self._confirmed, empty=self.conversation.empty)
        header.show_unseen(self.conversation.session.unseen)

    def _confirm(self) -> None:
        self._confirmed = True
        self._refresh()
        self.middle.composer.setFocus()

    def _chosen(self, row: int) -> None:
        if self.sessions.conversation(row) is not self.conversation:
            self.show_conversation(row)

    def _toggle_card(self) -> None:
        self.show_card(shown=self.card.isHidden())

    def _toggle_side(self) -> None:
        self._side_wanted = self.side.isHidden()
        self._make_room()

    def _escape(self) -> None:
        """Stop the reply if one is being written, else close the card."""
        if self.exchange.current is not None:
            self.exchange.stop()
        elif not self.card.isHidden():
            self.show_card(shown=False)

    def _make_room(self) -> None:
        """Hide the side column where it would crowd the conversation, unless it is wanted."""
        card = 0 if self.card.isHidden() else theme.CARD_WIDTH
        fits = self.width() - card - theme.SIDE_WIDTH >= LEAST_MIDDLE
        self.side.setVisible(fits if self._side_wanted is None else self._side_wanted)

    def _again(self, conversation: Conversation) -> WayOn:
        def ask() -> None:
            self.middle.notice.clear()
            self.exchange.ask(conversation)

        return WayOn("window.try_again", ask)

    def _say(self, text: Callable[[], str], *ways: WayOn) -> None:
        self.middle.notice.say(text, *ways)

    def _show_model_error(self) -> None:
        """Say that there is no model, for as long as that is so, with the ways to one."""
        if self._model_error is not None:
            choose = WayOn("settings.choose_model", self.choose_model)
            again = WayOn("window.try_again", self._counselling.open_again)
            self._say(partial(_explain, self._model_error), choose, again)

    def _retranslate(self) -> None:
        self.setWindowTitle(sentence("window.title"))


def _explain(error: Exception) -> str:
    """Return the sentence for an error; of a bug its kind alone, its text may be private."""
    if isinstance(error, KnownError):
        return error.sentence()
    return sentence("cli.bug", name=type(error).__name__)
