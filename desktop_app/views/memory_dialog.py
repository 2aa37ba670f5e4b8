"""What the model remembers of the messages it no longer sees, to be read and corrected."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop_app.errors import KnownError
from desktop_app.views.conversation import Conversation
from desktop_app.views.text_dialog import TextDialog
from resources.messages import sentence


class MemoryDialog(TextDialog):
    """What is written here is kept as it is; what is remembered later follows it."""

    def __init__(self, conversation: Conversation, parent: QWidget, text: str | None) -> None:
        """Show what is remembered of `conversation`, or go on with `text`, which was begun."""
        session = conversation.session
        super().__init__(
            session.summary.text,
            sentence("window.memory"),
            sentence("window.memory_means", count=session.unseen),
            sentence("window.keep"),
            parent,
        )
        self._conversation = conversation
        self.field.invite(sentence("window.memory_empty"))
        if text is not None:
            self.go_on_with(text)

    def accept(self) -> None:
        """See Qt; what cannot be kept stays in the field, and why is said below it."""
        if self.text.strip() == self.before:
            self.reject()
            return
        try:
            self._conversation.rewrite_summary(self.text)
        except KnownError as error:
            self.say(str(error))
            return
        super().accept()
