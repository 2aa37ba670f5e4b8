"""What the model remembers of the messages it no longer sees, to be read and corrected."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

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
            conversation.rewrite_summary,
            sentence("window.memory"),
            sentence("window.memory_means", count=session.unseen),
            sentence("window.keep"),
            parent,
        )
        self.field.invite(sentence("window.memory_empty"))
        if text is not None:
            self.go_on_with(text)
